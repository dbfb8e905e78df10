import { type Actor, actorKey, systemActor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { contentProblem, expectPublished } from '#lib/mitigations/content';
import { expectPossible, type LockedMitigation, lockMitigation } from '#lib/mitigations/lock';
import { nextStage, planSchema, STAGES, type Stage } from '#lib/mitigations/plan';
import { recordRule } from '#lib/mitigations/record';
import type { AdvanceMitigation, HoldMitigation, ResumeMitigation } from '#lib/mitigations/schema';
import {
  barredFrom,
  secondsMissing,
  whoCan,
  whyNotPast,
  whyNotWithoutGlass,
} from '#lib/mitigations/second-person';
import { doesToEverything, takesTwo } from '#lib/mitigations/takes-two';
import { authorize } from '#lib/permissions';
import { lockPublishing } from '#lib/rulesets/lock';
import { publishSnapshot } from '#lib/rulesets/publish';
import { requireConfirmed } from '#lib/users/confirmation';
import { stageEvidence } from './evidence.ts';
import { canaryInstances, seenInStage, signalsAgainst, type Watched } from './signals.ts';
import { isOver, type Timed } from './stage-end.ts';
import { fleetTotals } from './totals.ts';

/**
 * Takes a live rule to the next stage of its plan, or straight to a later one, by publishing the next snapshot.
 * Throws `conflict` where there is none.
 */
export async function advanceMitigation(actor: Actor, input: AdvanceMitigation) {
  authorize(actor, 'mitigation.publish');
  await requireConfirmed(actor);
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['advance'], undefined);
    if (input.from !== undefined && input.from !== row.stage) {
      throw new AppError('conflict', `R-${row.number} is in ${row.stage} already, not in ${input.from}.`);
    }
    const against = await signalsAgainst(tx, watched(row));
    await expectSecondPerson(tx, actor, row, against);
    return advance(tx, actor, row, input.to, input.reason ?? null, against);
  });
}

function watched({ id, number, maxHitRate, stage, stageSince, plan }: LockedMitigation): Watched {
  return {
    id,
    ref: `R-${number}`,
    maxHitRate,
    stage: stage as Stage,
    stageSince: stageSince ?? new Date(),
    plan: planSchema.parse(plan),
  };
}

// Cutting a canary short, or going on against what holds the rule or speaks against it, is publishing it without the
// canary: it asks for whom that asks for. What may hit everything nobody takes further alone, whenever and for whatever reason.
async function expectSecondPerson(
  tx: Tx,
  actor: Actor,
  row: LockedMitigation,
  signals: string[],
): Promise<void> {
  const against = row.heldReason === null ? signals : [row.heldReason];
  const everything = await doesToEverything(tx, row);
  const isDue = against.length === 0 && isOver(row, new Date());
  if ((isDue && everything === null) || !takesTwo(row)) return;
  const refused = everything === null ? whyNotPast(actor, row) : whyNotWithoutGlass(actor, row);
  if (refused === null) return;
  const why =
    against.length === 0
      ? (everything?.replace(/^It/, 'it').replace(/\.$/, '') ?? 'its stage is not over')
      : `this speaks against it: ${against.join(' ').replace(/\.$/, '')}`;
  throw new AppError(
    'forbidden',
    `R-${row.number} was published without a second person, and ${why}. ${refused} Somebody who did not write it must let it go on: ${await whoCan(tx, barredFrom(row))}`,
  );
}

async function advance(
  tx: Tx,
  actor: Actor,
  row: LockedMitigation,
  wanted: Stage | undefined,
  reason: string | null,
  against: string[] = [],
) {
  const ref = `R-${row.number}`;
  const plan = planSchema.parse(row.plan);
  const [from, mode] = [row.stage as Stage, row.mode === 'shadow' ? 'shadow' : 'enforce'] as const;
  const stage = mode === 'shadow' ? null : (wanted ?? nextStage(plan, mode, from));
  if (stage === null || STAGES.indexOf(stage) <= STAGES.indexOf(from)) {
    const why = mode === 'shadow' ? 'only counts; write it to enforce first' : `is in ${from} already`;
    throw new AppError('conflict', `${ref} ${why}.`);
  }
  await lockPublishing(tx);
  expectPublished(row);
  const change = { stage, stageSince: new Date(), heldReason: null, heldBy: null };
  await tx.mitigation.update({ where: { id: row.id, version: row.version, state: row.state }, data: change });
  const seq = await publishSnapshot(tx, `${stage} ${ref}`);
  await tx.mitigation.update({ where: { id: row.id }, data: { stageSeq: seq } });
  const totals = await fleetTotals(tx, row.id);
  const data = { from, seq, reason, plan, totals, held: row.heldReason, against };
  await recordRule(tx, actor, 'mitigation.advance', { ...row, ...change }, data);
  return { id: row.id, ref, stage, seq };
}

/** Keeps a live rule in its stage until somebody resumes or advances it; it goes on as it is. */
export async function holdMitigation(actor: Actor, input: HoldMitigation) {
  authorize(actor, 'mitigation.withdraw');
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['hold'], undefined);
    const ref = `R-${row.number}`;
    if (row.heldReason !== null) throw new AppError('conflict', `${ref} is held already: ${row.heldReason}`);
    if (row.stage === 'full')
      throw new AppError('conflict', `${ref} is rolled out in full; withdraw it instead.`);
    await hold(tx, actor, row, input.reason);
    return { id: row.id, ref, stage: row.stage };
  });
}

async function hold(tx: Tx, actor: Actor, row: LockedMitigation, reason: string): Promise<void> {
  await tx.mitigation.update({
    where: { id: row.id, version: row.version, state: row.state },
    data: { heldReason: reason, heldBy: actorKey(actor) },
  });
  await recordRule(tx, actor, 'mitigation.hold', row, { reason, totals: await fleetTotals(tx, row.id) });
}

/** Lets a held rule go on by itself again; its stage begins anew. */
export async function resumeMitigation(actor: Actor, input: ResumeMitigation) {
  authorize(actor, 'mitigation.publish');
  await requireConfirmed(actor);
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['resume'], undefined);
    const ref = `R-${row.number}`;
    if (row.heldReason === null) throw new AppError('conflict', `${ref} is not held.`);
    await expectSecondPerson(tx, actor, row, []);
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { heldReason: null, heldBy: null, stageSince: new Date() },
    });
    await recordRule(tx, actor, 'mitigation.resume', row, { held: row.heldReason });
    return { id: row.id, ref, stage: row.stage };
  });
}

/**
 * Looks at every live rule whose stage is over: something speaks against it, then it is held, with what does; nothing
 * does, then it goes on, to everybody only once its stage has shown enough (evidence.ts). Copies of the worker may run it at once; a rule that somebody acts on right now is left for the next look.
 */
export async function advanceDue(
  actor: Actor = systemActor('rollout'),
): Promise<{ advanced: string[]; held: string[] }> {
  authorize(actor, 'mitigation.publish');
  const live = await db.mitigation.findMany({
    where: {
      state: 'live',
      mode: 'enforce',
      stage: { not: 'full' },
      heldReason: null,
      stageSince: { not: null },
    },
    select: { id: true, plan: true, stage: true, stageSince: true, startsAt: true },
  });
  const done = { advanced: [] as string[], held: [] as string[] };
  for (const { id, ...rest } of live) {
    if (!isDue(rest, new Date())) continue;
    await db.$transaction(async (tx) => {
      const free = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM mitigation WHERE id = ${id}::uuid FOR UPDATE SKIP LOCKED`;
      const row = free.length > 0 ? await lockMitigation(tx, id) : null;
      if (row?.state !== 'live' || row.heldReason !== null || !isDue(row, new Date())) return;
      const ref = `R-${row.number}`;
      const rule = watched(row);
      // A canary that dies at once has been silent for too short a time to be missed: it is waited for.
      if ((await canaryInstances(tx, rule)).unheard.length > 0) return;
      const changed = contentProblem(row);
      const alone = await aloneWithEverything(tx, row);
      const against = [changed, alone].flatMap((why) => why ?? []);
      against.push(...(await signalsAgainst(tx, rule)));
      if (against.length > 0) {
        await hold(tx, actor, row, against.join(' '));
        done.held.push(ref);
      } else if (await hasShownEnough(tx, row)) {
        await advance(tx, actor, row, undefined, null);
        done.advanced.push(ref);
      }
    });
  }
  return done;
}

/** Why time alone takes a rule no further that may hit everything while nobody but its writers stands for it. */
async function aloneWithEverything(tx: Tx, row: LockedMitigation): Promise<string | null> {
  const everything = await doesToEverything(tx, row);
  if (everything === null || secondsMissing(row, row.publishedDigest) === 0) return null;
  return `${everything} Somebody who did not write it has not approved it yet.`;
}

// Everybody gets a rule on evidence, not on time; before it has any, a person may still let it go on.
async function hasShownEnough(tx: Tx, row: LockedMitigation): Promise<boolean> {
  const mode = row.mode === 'shadow' ? 'shadow' : 'enforce';
  if (nextStage(planSchema.parse(row.plan), mode, row.stage as Stage) !== 'full') return true;
  return stageEvidence(await seenInStage(tx, row.id), row.maxHitRate).isEnough;
}

function isDue(row: Timed, now: Date): boolean {
  return planSchema.parse(row.plan).autoAdvance && isOver(row, now);
}
