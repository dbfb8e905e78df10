'use server';

import { action } from '#lib/action';
import { changePreference } from '#lib/preferences/mutations';
import { changePreferenceSchema } from '#lib/preferences/schema';
import { changePassword } from '#lib/users/mutations';
import { changePasswordSchema } from '#lib/users/schema';

export async function changePasswordAction(input: unknown) {
  return action('changePassword', changePasswordSchema, input, changePassword);
}

export async function changeKeysAction(input: unknown) {
  return action('changeKeys', changePreferenceSchema.pick({ keymap: true }), input, changePreference);
}
