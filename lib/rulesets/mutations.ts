import { type Actor, systemActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';
import { lockPublishing, publishSnapshot } from './publish.ts';
import { keyId } from './signing.ts';

/** Instances trust a snapshot for seven days; one that is a day old is replaced by its equal. */
export const RENEW_AFTER_MS = 24 * 60 * 60_000;

/**
 * Publishes the same rules again when the newest snapshot is older than a day, or the first, empty one.
 * Answers its `seq`, or null when there was nothing to do. Copies of the worker may run it at the same time.
 */
export async function renewSnapshot(actor: Actor = systemActor('ruleset renewal')): Promise<number | null> {
  authorize(actor, 'mitigation.publish');
  return db.$transaction(async (tx) => {
    await lockPublishing(tx);
    const newest = await tx.ruleset.findFirst({
      orderBy: { seq: 'desc' },
      select: { publishedAt: true, keyId: true },
    });
    // Signed with a key that is no longer ours, it would be refused by every instance that starts from now on.
    const ours = newest?.keyId === keyId();
    if (newest && ours && Date.now() - newest.publishedAt.getTime() < RENEW_AFTER_MS) return null;
    const seq = await publishSnapshot(tx, newest ? 'renew' : 'first');
    await recordEvent(tx, actor, {
      action: 'ruleset.renew',
      subject: { type: 'ruleset', id: String(seq) },
      data: { seq, first: newest === null },
    });
    return seq;
  });
}
