'use server';

import { publicAction } from '#lib/action';
import { createFirstAdmin } from '#lib/users/mutations';
import { createFirstAdminSchema } from '#lib/users/schema';

export async function createFirstAdminAction(input: unknown) {
  return publicAction('createFirstAdmin', createFirstAdminSchema, input, createFirstAdmin);
}
