'use server';

import { action } from '#lib/action';
import { changePreference } from '#lib/preferences/mutations';
import { changePreferenceSchema } from '#lib/preferences/schema';
import { claimInteractionSchema, handOverAllSchema, holdAllSchema, staySchema } from '#lib/reviews/schema';
import { giveAll, keepAll, open, stay } from './work.ts';

// The answers hold what the page shows next; fetching the page again would only cost time between two items.
const still = { refresh: false };

export async function claimAction(input: unknown) {
  return action('claim', claimInteractionSchema, input, open, still);
}

export async function stayAction(input: unknown) {
  return action('stay', staySchema, input, stay, still);
}

export async function holdAllAction(input: unknown) {
  return action('holdAll', holdAllSchema, input, keepAll);
}

export async function handOverAllAction(input: unknown) {
  return action('handOverAll', handOverAllSchema, input, giveAll);
}

export async function saveViewsAction(input: unknown) {
  return action('saveViews', changePreferenceSchema.pick({ views: true }), input, changePreference);
}
