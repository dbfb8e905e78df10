import { z } from 'zod';
import { OUTCOMES } from '#lib/interactions/schema';

export type OutcomeWord = (typeof OUTCOMES)[number];

/** UTF-16 units; as much as a completion may have. */
const MAX_KEPT = 1_000_000;

/** One row of `POST /api/v1/interactions/outcomes`: what became of a suggestion, told when it is known. */
export const outcomeRowSchema = z
  .strictObject({
    id: z.string().min(1).max(300).meta({ description: "The caller's own id of the interaction" }),
    outcome: z.enum(OUTCOMES),
    occurredAt: z.iso
      .datetime({ offset: true })
      .refine(isPlausibleTime, 'must be a real time between 1970 and 2100'),
    kept: z
      .string()
      .max(MAX_KEPT)
      .nullish()
      .meta({ description: 'What the user kept of it; with accepted and edited only' }),
  })
  .refine((row) => (row.kept ?? null) === null || row.outcome === 'accepted' || row.outcome === 'edited', {
    path: ['kept'],
    message: 'is for accepted and edited only: nothing else keeps anything',
  });
export type OutcomeRow = z.infer<typeof outcomeRowSchema>;

function isPlausibleTime(value: string): boolean {
  const at = Date.parse(value);
  return at >= 0 && at < Date.UTC(2100, 0, 1);
}
