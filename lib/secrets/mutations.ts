import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { ignoreKey } from '#lib/idempotency/once';
import { authorize } from '#lib/permissions';
import { secretsIn } from './marked.ts';
import type { RevealSecrets } from './schema.ts';

export type Revealed = {
  prompt: string;
  before: string | null;
  completion: string;
  path: string | null;
  /** Where each finding stands in these texts, in the findings' order. */
  places: { start: number | null; end: number | null }[];
};

/**
 * The texts of one interaction as they were sent, for the person who said why. The history keeps who, when, why and
 * how much; the texts go nowhere else. Throws `not_found`, and `conflict` where the text is erased.
 */
export async function revealSecrets(actor: Actor, input: RevealSecrets): Promise<Revealed> {
  authorize(actor, 'interaction.reveal');
  ignoreKey();
  return db.$transaction(async (tx) => {
    const row = await tx.interaction.findUnique({
      where: { id: input.interactionId },
      select: {
        prompt: true,
        before: true,
        completion: true,
        path: true,
        erasedAt: true,
        findings: { orderBy: { position: 'asc' }, select: { category: true, start: true, end: true } },
      },
    });
    if (!row) throw new AppError('not_found', `There is no interaction ${input.interactionId}.`);
    const { erasedAt, findings, ...texts } = row;
    if (erasedAt) {
      const day = erasedAt.toISOString().slice(0, 10);
      throw new AppError(
        'conflict',
        `The text of this interaction was erased on ${day}; there is nothing to show.`,
      );
    }
    const found = await secretsIn(row);
    await recordEvent(tx, actor, {
      action: 'interaction.reveal',
      subject: { type: 'interaction', id: input.interactionId },
      data: {
        reason: input.reason,
        fields: new Set(found.map(({ field }) => field)).size,
        secrets: found.length,
      },
    });
    return { ...texts, places: findings.map(({ start, end }) => ({ start, end })) };
  });
}
