'use server';

import { action } from '#lib/action';
import {
  claimInteractionSchema,
  claimNextSchema,
  decideThenNextSchema,
  leaseSchema,
  skipThenNextSchema,
} from '#lib/reviews/schema';
import { decideThenNext, next, open, skipThenNext, stay } from './work.ts';

// The answers hold what the page shows next; fetching the page again would only cost time between two items.
const still = { refresh: false };

export async function claimAction(input: unknown) {
  return action(claimInteractionSchema, input, open, still);
}

export async function nextAction(input: unknown) {
  return action(claimNextSchema, input, next, still);
}

export async function stayAction(input: unknown) {
  return action(leaseSchema, input, stay, still);
}

export async function decideAction(input: unknown) {
  return action(decideThenNextSchema, input, decideThenNext, still);
}

export async function skipAction(input: unknown) {
  return action(skipThenNextSchema, input, skipThenNext, still);
}
