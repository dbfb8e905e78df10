import type { UserActor } from '#lib/actor';
import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';

/** Says why a token does not hold: who decided what, or who has the item and until when. Always throws. */
export async function refuseLease(tx: Tx, person: UserActor, interactionId: string): Promise<never> {
  const item = await itemOf(tx, interactionId);
  if (item.state === 'expired') {
    throw new AppError(
      'conflict',
      'The text of this item was erased before anybody decided; it left the queue.',
    );
  }
  const nameOf = (who: { id: string; name: string }) => (who.id === person.id ? 'You' : who.name);
  if (item.state !== 'pending') {
    const review = item.interaction.reviews[0];
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

/**
 * Says why a person may not take one item. Of a review that is not the last word yet, it tells nobody but its author.
 * Always throws.
 */
export async function refuseClaim(tx: Tx, person: UserActor, interactionId: string): Promise<never> {
  const item = await itemOf(tx, interactionId);
  if (item.state === 'pending') {
    if (await tx.review.findFirst({ where: { interactionId, reviewerId: person.id } })) {
      throw new AppError('conflict', 'You have reviewed this item; it waits for somebody else.');
    }
    if (item.stage !== 'review' && !can(person, 'review.adjudicate')) {
      throw new AppError('conflict', 'This item waits for a lead now.');
    }
    const { assignee, assignedUntil } = item;
    if (assignee && assignee.id !== person.id && assignedUntil && assignedUntil > new Date()) {
      throw new AppError(
        'conflict',
        `This item was handed to ${assignee.name}, who has it until ${clockOf(assignedUntil)}.`,
      );
    }
  }
  return refuseLease(tx, person, interactionId);
}

async function itemOf(tx: Tx, interactionId: string) {
  const item = await tx.queueItem.findUnique({
    where: { interactionId },
    select: {
      state: true,
      stage: true,
      leaseExpiresAt: true,
      leaseHolder: { select: { id: true, name: true } },
      assignedUntil: true,
      assignee: { select: { id: true, name: true } },
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
  return item;
}

function clockOf(at: Date): string {
  return `${at.toISOString().slice(11, 19)} UTC`;
}
