'use server';

import { z } from 'zod';
import { action } from '#lib/action';
import { expectInstances, retireInstances } from '#lib/fleet/mutations';
import { expectInstancesSchema, retireInstancesSchema } from '#lib/fleet/schema';
import { rollBackRuleset } from '#lib/rulesets/mutations';
import { previewRestoration } from '#lib/rulesets/preview';
import { restoreRulesetSchema } from '#lib/rulesets/schema';

const whichSchema = z.strictObject({ seq: z.int().positive() });

export async function previewRollBackAction(input: unknown) {
  return action('previewRollBack', whichSchema, input, (actor, { seq }) => previewRestoration(actor, seq), {
    refresh: false,
  });
}

export async function retireInstancesAction(input: unknown) {
  return action('retireInstances', retireInstancesSchema, input, retireInstances);
}

export async function expectInstancesAction(input: unknown) {
  return action('expectInstances', expectInstancesSchema, input, expectInstances);
}

export async function rollBackAction(input: unknown) {
  return action('rollBack', restoreRulesetSchema, input, rollBackRuleset);
}
