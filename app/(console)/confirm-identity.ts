'use server';

import { action } from '#lib/action';
import { confirmIdentity } from '#lib/users/mutations';
import { confirmIdentitySchema } from '#lib/users/schema';

/** The password typed again, before an act that reaches every instance or gives somebody that power. */
export async function confirmIdentityAction(input: unknown) {
  return action('confirmIdentity', confirmIdentitySchema, input, confirmIdentity, { refresh: false });
}
