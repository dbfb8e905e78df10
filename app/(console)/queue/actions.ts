'use server';

import { action } from '#lib/action';
import { changePreference } from '#lib/preferences/mutations';
import { changePreferenceSchema } from '#lib/preferences/schema';
import {
  claimInteractionSchema,
  handOverAllSchema,
  handOverSchema,
  holdAllSchema,
  holdSchema,
  leaseSchema,
  skipSchema,
  undoDecisionSchema,
} from '#lib/reviews/schema';
import { give, giveAll, keep, keepAll, open, pass, stay, undo } from './work.ts';

// The answers hold what the page shows next; fetching the page again would only cost time between two items.
const still = { refresh: false };

export async function claimAction(input: unknown) {
  return action('claim', claimInteractionSchema, input, open, still);
}

export async function stayAction(input: unknown) {
  return action('stay', leaseSchema, input, stay, still);
}

export async function holdAction(input: unknown) {
  return action('hold', holdSchema, input, keep, still);
}

export async function skipAction(input: unknown) {
  return action('skip', skipSchema, input, pass, still);
}

export async function handOverAction(input: unknown) {
  return action('handOver', handOverSchema, input, give, still);
}

export async function holdAllAction(input: unknown) {
  return action('holdAll', holdAllSchema, input, keepAll);
}

export async function handOverAllAction(input: unknown) {
  return action('handOverAll', handOverAllSchema, input, giveAll);
}

export async function undoAction(input: unknown) {
  return action('undo', undoDecisionSchema, input, undo, still);
}

export async function saveViewsAction(input: unknown) {
  return action('saveViews', changePreferenceSchema.pick({ views: true }), input, changePreference);
}
