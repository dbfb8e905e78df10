import { z } from 'zod';

/** Why a text is gone: its time was over, or somebody asked. */
export type ErasedFor = 'retention' | 'request';

export const erasureTargetSchema = z.strictObject({
  /** The user's id, exactly as the serving side sends it. */
  actorId: z.string().min(1).max(200),
});
export type ErasureTarget = z.infer<typeof erasureTargetSchema>;

export const eraseActorSchema = erasureTargetSchema.extend({
  reason: z.string().trim().min(8, 'say in a few words who asked for it and when').max(500),
});
export type EraseActor = z.infer<typeof eraseActorSchema>;

/** What a page says where the text was. */
export function erasedNote(erasedAt: Date, erasedFor: string | null): string {
  const why = erasedFor === 'request' ? 'on request' : 'retention';
  return `Text erased on ${erasedAt.toISOString().slice(0, 10)} (${why}). Findings, decisions and the digest stay.`;
}
