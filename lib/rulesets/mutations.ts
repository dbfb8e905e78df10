import { type Actor, actorKey, systemActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { FINAL_STATES } from '#lib/incidents/states';
import { log } from '#lib/log';
import { expectPublished } from '#lib/mitigations/content';
import { recordRule } from '#lib/mitigations/record';
import { barredFrom, standingApprovals, whoCan, whyNotBack } from '#lib/mitigations/second-person';
import { TRANSITIONS } from '#lib/mitigations/states';
import { takesTwo } from '#lib/mitigations/takes-two';
import { authorize } from '#lib/permissions';
import { fleetTotals } from '#lib/rollouts/totals';
import { requireConfirmed } from '#lib/users/confirmation';
import { lockPublishing } from './lock.ts';
import { numbersKnown, rewound } from './number.ts';
import { publishSnapshot } from './publish.ts';
import { planRestoration, type Restoration } from './restore.ts';
import { BELIEVED_GAP, type Claim, type RestoreRuleset } from './schema.ts';
import { keyId } from './signing.ts';

/** Instances trust a snapshot for seven days; one that is a day old is replaced by its equal. */
const RENEW_AFTER_MS = 24 * 60 * 60_000;
/**
 * A made-up number must not become a stream of publishes that uses up all numbers: by itself Stopgap follows a gap as wide
 * as a backup of some days leaves, and not more often. Beyond it a person publishes.
 */
const OVERTAKE_EVERY_MS = 10_000;
const OVERTAKE_GAP = 1_000;

/** While the fleet is ahead a renewal waits until so shortly before the newest ruleset runs out. */
const RENEW_AT_LAST_MS = 6 * 24 * 60 * 60_000;

/**
 * Remembers a ruleset number that was given out although this database does not know it, by what is certain of it: a
 * signature or a file of our own. Answers whether it was news.
 */
export async function raiseMark(actor: Actor, input: { seq: number; source: string }): Promise<boolean> {
  authorize(actor, 'fleet.report');
  return db.$transaction(async (tx) => {
    const [raised] = await tx.$queryRaw<{ newest: number }[]>`
      UPDATE ruleset_mark SET seq = ${input.seq}, source = ${input.source}, raised_at = clock_timestamp()
      WHERE seq < ${input.seq} AND ${input.seq} > (SELECT coalesce(max(seq), 0) FROM ruleset)
      RETURNING (SELECT coalesce(max(seq), 0) FROM ruleset) AS newest`;
    if (!raised) return false;
    await recordEvent(tx, actor, rewound({ ...input, newest: raised.newest }));
    return true;
  });
}

/** At the start of a process: says loudly, once, when the database is older than what was published from it. */
export async function noticeRewind(actor: Actor = systemActor('ruleset numbering')): Promise<void> {
  const { newest, known, source } = await numbersKnown();
  if (known <= newest) return;
  await raiseMark(actor, { seq: known, source });
  log('error', 'the database is older than what was published from it: it was restored from an older copy', {
    newest,
    known,
    source,
    next: known + 1,
  });
}

/**
 * Remembers the highest number that instances say they have, as far as they can be believed. Answers whether it was news.
 * The gap is counted from what is certain, never from an earlier claim: else claim after claim would climb to the last number.
 */
export async function markClaims(actor: Actor, claims: readonly Claim[]): Promise<boolean> {
  authorize(actor, 'fleet.report');
  return db.$transaction(async (tx) => {
    const [raised] = await tx.$queryRaw<{ seq: number; source: string; newest: number }[]>`
      WITH newest AS (
        SELECT coalesce(max(seq), 0) AS seq FROM ruleset
      ), claim AS (
        SELECT given.seq, given.id
        FROM unnest(${claims.map(({ instanceId }) => instanceId)}::text[], ${claims.map(({ seq }) => seq)}::int[])
          AS given (id, seq), newest, ruleset_mark m
        WHERE given.seq > newest.seq AND given.seq - ${BELIEVED_GAP}::int
          <= greatest(newest.seq, CASE WHEN m.source NOT LIKE 'instance %' THEN m.seq END)
        ORDER BY given.seq DESC, given.id LIMIT 1
      )
      UPDATE ruleset_mark m SET seq = claim.seq, source = 'instance ' || claim.id, raised_at = clock_timestamp()
      FROM claim, newest WHERE m.seq < claim.seq RETURNING m.seq, m.source, newest.seq AS newest`;
    if (!raised) return false;
    await recordEvent(tx, actor, rewound(raised));
    return true;
  });
}

/**
 * Publishes the live rules again, above the fleet, for instances that came with a number this database does not know
 * although somebody has decided here since theirs was signed. Without such a decision their rules stay: they may be newer
 * than the backup, and a person must look first. Answers the number, null when there is nothing to do.
 */
export async function overtakeFleet(actor: Actor, claims: readonly Claim[]): Promise<number | null> {
  authorize(actor, 'mitigation.publish');
  return db.$transaction(async (tx) => {
    await lockPublishing(tx);
    const [ahead] = await tx.$queryRaw<{ id: string; seq: number; newest: number }[]>`
      SELECT given.id, given.seq, newest.seq AS newest
      FROM unnest(${claims.map(({ instanceId }) => instanceId)}::text[], ${claims.map(({ seq }) => seq)}::int[],
        ${claims.map(({ issuedAt }) => issuedAt)}::timestamptz[], ${claims.map(({ refusedSeq }) => refusedSeq)}::int[])
        AS given (id, seq, issued_at, refused), ruleset_mark m, (SELECT max(seq) AS seq FROM ruleset) AS newest
      WHERE given.seq > newest.seq AND given.seq <= m.seq
        AND m.seq <= newest.seq + ${OVERTAKE_GAP}::int
        AND EXISTS (SELECT 1 FROM ruleset r WHERE (r.published_at > given.issued_at OR r.seq = given.refused)
          AND r.cause ~ '^(publish|approve|withdraw|restore) ')
        AND NOT EXISTS (SELECT 1 FROM ruleset r WHERE r.cause = 'overtake'
          AND r.published_at > clock_timestamp() - ${OVERTAKE_EVERY_MS} * interval '1 millisecond')
      ORDER BY given.seq DESC, given.id LIMIT 1`;
    if (!ahead) return null;
    const seq = await publishSnapshot(tx, 'overtake');
    await recordEvent(tx, actor, {
      action: 'ruleset.overtake',
      subject: { type: 'ruleset', id: String(seq) },
      data: { seq, instance: ahead.id, activeSeq: ahead.seq, newest: ahead.newest },
    });
    return seq;
  });
}

/**
 * Publishes the same rules again when the newest snapshot is older than a day, or the first, empty one.
 * Answers its `seq`, or null when there was nothing to do. Copies of the worker may run it at the same time.
 * A database that is behind its fleet waits: the next number would replace rules that only the fleet still has, and
 * that is for a person to decide.
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
    const { newest: last, known } = await numbersKnown(tx);
    const renewAfterMs = known > last ? RENEW_AT_LAST_MS : RENEW_AFTER_MS;
    if (newest && ours && Date.now() - newest.publishedAt.getTime() < renewAfterMs) return null;
    if (!newest && known > 0) return null;
    const seq = await publishSnapshot(tx, newest ? 'renew' : 'first');
    await recordEvent(tx, actor, {
      action: 'ruleset.renew',
      subject: { type: 'ruleset', id: String(seq) },
      data: { seq, first: newest === null },
    });
    return seq;
  });
}

/**
 * Goes back: the content of an earlier snapshot becomes the next one, in one step. What was live then and has not
 * reached its own end is live again, what came since is withdrawn. Throws `conflict` when nothing would change, and
 * `forbidden` where it would bring back what its author cannot bring back alone.
 */
export async function rollBackRuleset(actor: Actor, input: RestoreRuleset) {
  authorize(actor, 'mitigation.publish');
  await requireConfirmed(actor);
  return db.$transaction(async (tx) => {
    const now = new Date();
    const { ending, returning, over, known } = await planRestoration(tx, input.seq, now, { lock: true });
    if (ending.length + returning.length === 0) {
      throw new AppError('conflict', `The rules that are live are those of ruleset ${input.seq} already.`);
    }
    await expectSecondPerson(tx, actor, returning);
    await lockPublishing(tx);
    await expectNothingNew(tx, known);
    await expectWatched(tx, returning);
    await tx.mitigation.updateMany({
      where: { id: { in: ending.map(({ id }) => id) } },
      data: { state: TRANSITIONS.withdraw.to, endedAt: now },
    });
    for (const { row, stage } of returning) {
      await tx.mitigation.update({
        where: { id: row.id },
        data: {
          state: TRANSITIONS.restore.to,
          stage,
          stageSince: now,
          // It was taken back by a person, so it goes on by a person.
          heldReason: stage === 'full' ? null : `Taken back to ruleset ${input.seq}: ${input.reason}`,
          heldBy: stage === 'full' ? null : actorKey(actor),
          endedAt: null,
          endedSeq: null,
        },
      });
    }
    // It was proven and published before, so it may be larger than what is live now.
    const seq = await publishSnapshot(tx, `restore ${input.seq}`, { acceptGrowth: true });
    await tx.mitigation.updateMany({
      where: { id: { in: ending.map(({ id }) => id) } },
      data: { endedSeq: seq },
    });
    await tx.mitigation.updateMany({
      where: { id: { in: returning.map(({ row }) => row.id) } },
      data: { stageSeq: seq },
    });
    const { reason } = input;
    for (const row of ending) await recordRule(tx, actor, 'mitigation.withdraw', row, { seq, reason });
    for (const { row, stage } of returning) {
      const totals = await fleetTotals(tx, row.id);
      const from = row.state === 'live' ? row.stage : null;
      await recordRule(tx, actor, 'mitigation.restore', { ...row, stage }, { seq, reason, totals, from });
    }
    const refs = {
      withdrawn: ending.map(({ number }) => `R-${number}`),
      restored: returning.map(({ row }) => `R-${row.number}`),
      over,
    };
    await recordEvent(tx, actor, {
      action: 'ruleset.restore',
      subject: { type: 'ruleset', id: String(seq) },
      data: { seq, from: input.seq, reason, ...refs },
    });
    return { seq, ...refs };
  });
}

// A publish that held the lock before has made a rule live that the plan does not know. It cannot be taken up here: rows
// are locked before publishing everywhere, or two who meet could wait for each other.
async function expectNothingNew(tx: Tx, known: string[]): Promise<void> {
  const [fresh] = await tx.mitigation.findMany({
    where: { state: 'live', id: { notIn: known } },
    select: { number: true },
    take: 1,
  });
  if (!fresh) return;
  const message = `R-${fresh.number} went out a moment ago. Look again at what going back would change.`;
  throw new AppError('conflict', message);
}

// An incident that is closed at this moment would leave its rule to nobody: locked, it is closed before or after.
async function expectWatched(tx: Tx, returning: Restoration['returning']): Promise<void> {
  const ids = returning.filter(({ row }) => row.state !== 'live').map(({ row }) => row.incidentId);
  const incidents = await tx.$queryRaw<{ number: number; state: string }[]>`
    SELECT number, state FROM incident WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`;
  const over = incidents.find(({ state }) => FINAL_STATES.some((final) => final === state));
  if (!over) return;
  const message = `INC-${over.number} was ended a moment ago. Look again at what going back would change.`;
  throw new AppError('conflict', message);
}

// Somebody took the rule away: those who wrote it, or a key that cannot say who holds it, must not undo that.
async function expectSecondPerson(tx: Tx, actor: Actor, returning: Restoration['returning']): Promise<void> {
  for (const { row } of returning) {
    expectPublished(row);
    if (row.state === 'live' || !takesTwo(row)) continue;
    const why = whyNotBack(actor, { ...row, approvals: await standingApprovals(tx, row.approvals) });
    if (why === null) continue;
    const ref = `R-${row.number}`;
    throw new AppError(
      'forbidden',
      `This brings ${ref} back, which was ${row.state}. ${why} That takes a signed-in person who did not write it: ${await whoCan(tx, barredFrom(row))}`,
    );
  }
}
