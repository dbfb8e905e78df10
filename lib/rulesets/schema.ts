import { z } from 'zod';
import { STORABLE, storable } from '#lib/storable';

export const restoreBodySchema = z.strictObject({
  reason: z.string().trim().min(1, 'must say why').max(2_000).refine(storable, STORABLE),
});
export const restoreRulesetSchema = restoreBodySchema.extend({
  seq: z.int('is the number of a ruleset').positive('is the number of a ruleset').max(2_147_483_647),
});

export type RestoreRuleset = z.infer<typeof restoreRulesetSchema>;
