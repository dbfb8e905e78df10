import { createHash, randomUUID } from 'node:crypto';
import type { Actor } from '#lib/actor';
import { recordEvent, recordEvents } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { reviewSettings } from '#lib/settings/queries';
import { type Due, takeDue } from './due.ts';
import { eraseTexts, expireItems } from './erase-texts.ts';
import { type Quoting, rulesQuoting } from './quoting.ts';
import type { EraseActor } from './schema.ts';

const BATCH = 1_000;
const ERASE_TIMEOUT_MS = 120_000;

type Dropped = { erased: number; expired: number; batches: number };

/**
 * Drops the raw text of what the settings no longer keep, in batches of a transaction and an event each. What waits
 * undecided leaves the queue, with an event of its own. Any number may run at once; each takes others' leavings.
 */
export async function dropOldTexts(actor: Actor, batch = BATCH): Promise<Dropped> {
  authorize(actor, 'interaction.erase');
  const dropped = { erased: 0, expired: 0, batches: 0 };
  let after: Pick<Due, 'receivedAt' | 'id'> | null = null;
  while (true) {
    const from: Pick<Due, 'receivedAt' | 'id'> | null = after;
    const { due, erased, expired }: BatchDropped = await db.$transaction(
      (tx) => dropBatch(tx, actor, from, batch),
      {
        timeout: ERASE_TIMEOUT_MS,
      },
    );
    if (due.length > 0) dropped.batches += 1;
    dropped.erased += erased;
    dropped.expired += expired;
    after = due.at(-1) ?? null;
    if (due.length < batch || after === null) return dropped;
  }
}

type BatchDropped = { due: Due[]; erased: number; expired: number };

async function dropBatch(
  tx: Tx,
  actor: Actor,
  after: Pick<Due, 'receivedAt' | 'id'> | null,
  batch: number,
): Promise<BatchDropped> {
  const candidates = await takeDue(tx, await reviewSettings(tx), after, batch);
  const due = await stillFree(tx, candidates);
  const ids = await eraseTexts(
    tx,
    due.map(({ id }) => id),
    'retention',
  );
  const expired = await expireItems(tx, ids);
  if (ids.length > 0) {
    const of = (kind: Due['kind']) => due.filter((each) => each.kind === kind).length;
    await recordEvent(tx, actor, {
      action: 'interactions.erase',
      subject: { type: 'interactions', id: 'retention' },
      data: {
        count: ids.length,
        undecided: of('undecided'),
        benign: of('benign'),
        control: of('control'),
        idsSha256: digestOf(ids),
      },
    });
    await recordExpired(tx, actor, expired, 'retention');
  }
  return { due: candidates, erased: ids.length, expired: expired.length };
}

/** Locks the items too, and leaves out those that somebody took or decided since they were chosen. */
async function stillFree(tx: Tx, due: Due[]): Promise<Due[]> {
  const ids = due.map(({ id }) => id);
  if (ids.length === 0) return due;
  const rows = await tx.$queryRaw<{ id: string; free: boolean }[]>`
    SELECT interaction_id AS id, (state <> 'pending' AND verdict IS DISTINCT FROM 'harmful')
      OR (state = 'pending' AND stage <> 'adjudication' AND coalesce(lease_expires_at <= now(), true)) AS free
    FROM queue_item WHERE interaction_id = ANY(${ids}::uuid[]) FOR UPDATE SKIP LOCKED`;
  const free = new Set(rows.filter((row) => row.free).map(({ id }) => id));
  const queued = await tx.queueItem.findMany({
    where: { interactionId: { in: ids } },
    select: { interactionId: true },
  });
  const inQueue = new Set(queued.map(({ interactionId }) => interactionId));
  return due.filter(({ id }) => !inQueue.has(id) || free.has(id));
}

export type Erased = {
  interactions: number;
  /** Texts dropped now; the others had been dropped before. */
  erased: number;
  expired: number;
  /** Rules whose tests still quote a text of this person; published rulesets are signed and cannot be changed. */
  rules: Quoting[];
};

/**
 * Drops every text of one person, harmful and linked ones too, and puts a random name in the place of their id.
 * Decisions, notes, digests and events stay, so exports verify as before. Throws `not_found` without any.
 */
export async function eraseActor(actor: Actor, input: EraseActor): Promise<Erased> {
  authorize(actor, 'interaction.erase');
  return db.$transaction(
    async (tx) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM interaction WHERE actor_id = ${input.actorId} ORDER BY id FOR UPDATE`;
      const ids = rows.map(({ id }) => id);
      if (ids.length === 0 || input.actorId.startsWith('erased:')) {
        throw new AppError('not_found', 'No interaction came from a user with exactly this id.');
      }
      const rules = await rulesQuoting(tx, ids);
      const erased = await eraseTexts(tx, ids, 'request');
      // Random: whoever knows the id cannot find its pseudonym, and nobody can go back.
      await tx.$executeRaw`
        UPDATE interaction SET actor_id = ${`erased:${randomUUID()}`}, erased_for = 'request'
        WHERE id = ANY(${ids}::uuid[])`;
      const expired = await expireItems(tx, ids);
      await tx.goldenItem.updateMany({
        where: { interactionId: { in: ids }, retiredAt: null },
        data: { retiredAt: new Date() },
      });
      await recordEvent(tx, actor, {
        action: 'interactions.erase',
        subject: { type: 'interactions', id: 'request' },
        data: {
          reason: input.reason,
          count: ids.length,
          erased: erased.length,
          expired: expired.length,
          rules: rules.map(({ ref }) => ref),
          idsSha256: digestOf(ids),
        },
      });
      await recordExpired(tx, actor, expired, 'request');
      return { interactions: ids.length, erased: erased.length, expired: expired.length, rules };
    },
    { timeout: ERASE_TIMEOUT_MS },
  );
}

function recordExpired(tx: Tx, actor: Actor, ids: string[], why: string): Promise<void> {
  return recordEvents(
    tx,
    actor,
    ids.map((id) => ({
      action: 'interaction.expire',
      subject: { type: 'interaction', id },
      data: { erasedFor: why },
    })),
  );
}

/** Says which ids without listing them: SHA-256 over them in order, one a line. */
function digestOf(ids: readonly string[]): string {
  return createHash('sha256')
    .update(ids.map((id) => `${id}\n`).join(''))
    .digest('hex');
}
