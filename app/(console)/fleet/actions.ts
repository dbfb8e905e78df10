'use server';

import { z } from 'zod';
import { action } from '#lib/action';
import { rollBackRuleset } from '#lib/rulesets/mutations';
import { previewRestoration } from '#lib/rulesets/preview';
import { restoreRulesetSchema } from '#lib/rulesets/schema';

const whichSchema = z.strictObject({ seq: z.int().positive() });

export async function previewRollBackAction(input: unknown) {
  return action(whichSchema, input, (actor, { seq }) => previewRestoration(actor, seq), { refresh: false });
}

export async function rollBackAction(input: unknown) {
  return action(restoreRulesetSchema, input, rollBackRuleset);
}
