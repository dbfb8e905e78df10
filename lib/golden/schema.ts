import { z } from 'zod';
import { VERDICTS } from '#lib/reviews/schema';

/** The answer that is known, for a decided interaction; the note is what a reviewer who answered otherwise reads. */
export const markGoldenSchema = z.strictObject({
  interactionId: z.uuid('must be the id of an interaction'),
  verdict: z.enum(VERDICTS),
  policyKey: z.string().min(1).max(40).nullish(),
  note: z
    .string()
    .trim()
    .max(4_000)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a character that cannot be stored')
    .nullish(),
});
export type MarkGolden = z.infer<typeof markGoldenSchema>;

export const retireGoldenSchema = z.strictObject({ interactionId: z.uuid() });
export type RetireGolden = z.infer<typeof retireGoldenSchema>;
