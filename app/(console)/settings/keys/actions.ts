'use server';

import { action } from '#lib/action';
import { createKey, revokeKey } from '#lib/keys/mutations';
import { createKeySchema, revokeKeySchema } from '#lib/keys/schema';

export async function createKeyAction(input: unknown) {
  return action('createKey', createKeySchema, input, createKey);
}

export async function revokeKeyAction(input: unknown) {
  return action('revokeKey', revokeKeySchema, input, revokeKey);
}
