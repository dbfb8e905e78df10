'use server';

import { action } from '#lib/action';
import { changeRole, createUser, setUserDisabled } from '#lib/users/mutations';
import { changeRoleSchema, createUserSchema, disableUserSchema } from '#lib/users/schema';

export async function createUserAction(input: unknown) {
  return action('createUser', createUserSchema, input, createUser);
}

export async function changeRoleAction(input: unknown) {
  return action('changeRole', changeRoleSchema, input, changeRole);
}

export async function setUserDisabledAction(input: unknown) {
  return action('setUserDisabled', disableUserSchema, input, setUserDisabled);
}
