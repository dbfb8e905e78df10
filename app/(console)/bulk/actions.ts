'use server';

import { action } from '#lib/action';
import { decideFilter, reverseBatch } from '#lib/batches/mutations';
import { decideFilterSchema, reverseBatchSchema } from '#lib/reviews/schema';

export async function decideFilterAction(input: unknown) {
  return action('decideFilter', decideFilterSchema, input, decideFilter, { refresh: false });
}

export async function reverseBatchAction(input: unknown) {
  return action('reverseBatch', reverseBatchSchema, input, reverseBatch);
}
