'use server';

import { action } from '#lib/action';
import { changePassword } from '#lib/users/mutations';
import { changePasswordSchema } from '#lib/users/schema';

export async function changePasswordAction(input: unknown) {
  return action(changePasswordSchema, input, changePassword);
}
