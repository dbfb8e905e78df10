import type { UserActor } from '#lib/actor';
import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';

/** Says why a claim does not hold: who decided what, or who has the item and until when. Always throws. */
export async function refuseLease(tx: Tx, person: UserActor, interactionId: string): Promise<never> {
  const item = await tx.queueItem.findUnique({
    where: { interactionId },
    select: {
      state: true,
      leaseExpiresAt: true,
      leaseHolder: { select: { id: true, name: true } },
      interaction: {
        select: {
          reviews: {
            orderBy: { createdAt: 'desc' },
            take: 1,
            select: {
              verdict: true,
              reviewer: { select: { id: true, name: true } },
              policy: { select: { title: true } },
            },
          },
        },
      },
    },
  });
  if (!item) throw new AppError('not_found', 'This interaction is not in the review queue.');
  const nameOf = (who: { id: string; name: string }) => (who.id === person.id ? 'You' : who.name);
  const review = item.interaction.reviews[0];
  if (item.state !== 'pending') {
    const said = review ? `${nameOf(review.reviewer)} decided ${review.verdict}` : 'It is decided';
    throw new AppError('conflict', `${said}${review?.policy ? ` (${review.policy.title})` : ''} already.`);
  }
  const { leaseHolder, leaseExpiresAt } = item;
  if (!leaseHolder || !leaseExpiresAt || leaseExpiresAt <= new Date()) {
    throw new AppError(
      'conflict',
      'Your claim is over and the item is free again; open it once more to go on.',
    );
  }
  if (leaseHolder.id === person.id) {
    throw new AppError('conflict', 'You opened this item again in another tab; go on there.');
  }
  throw new AppError('conflict', `${leaseHolder.name} holds this item until ${clockOf(leaseExpiresAt)}.`);
}

function clockOf(at: Date): string {
  return `${at.toISOString().slice(11, 19)} UTC`;
}
