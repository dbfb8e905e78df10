import { z } from 'zod';
import { wholeNumber } from '#lib/parse';
import { INT4_MAX, STORABLE, storable } from '#lib/storable';

/**
 * How far beyond everything known the word of an instance is believed: one publish every five minutes for a year. It is not
 * signed, so whoever holds a feed key could otherwise use up all numbers with one report.
 */
export const BELIEVED_GAP = 100_000;

/** An instance that says it has a ruleset which this database never published. */
export type Claim = {
  instanceId: string;
  seq: number;
  /** When what it has was signed, where it tells. */
  issuedAt: string | null;
  /** The ruleset of ours that it refused since, as older than its own. */
  refusedSeq: number | null;
};

export const restoreBodySchema = z.strictObject({
  reason: z.string().trim().min(1, 'must say why').max(2_000).refine(storable, STORABLE),
});
export const restoreRulesetSchema = restoreBodySchema.extend({
  seq: wholeNumber(1, INT4_MAX, 'is the number of a ruleset'),
});

export type RestoreRuleset = z.infer<typeof restoreRulesetSchema>;
