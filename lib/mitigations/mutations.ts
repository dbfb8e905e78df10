import canonicalize from 'canonicalize';
import { type Actor, personOf } from '#lib/actor';
import { db, type Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { lockIncident } from '#lib/incidents/lock';
import { authorize } from '#lib/permissions';
import { fleetTotals } from '#lib/rollouts/totals';
import { lockPublishing, publishSnapshot } from '#lib/rulesets/publish';
import { toRule } from '#lib/rulesets/wire-rule';
import { requireConfirmed } from '#lib/users/confirmation';
import { approvalNeeded } from './approval.ts';
import { latestBacktest } from './backtest.ts';
import { connectedInstances } from './canary.ts';
import { gatherEvidence } from './evidence.ts';
import { controlProblem, maxHitRateOf } from './gates.ts';
import { linkedExamples } from './linked.ts';
import { expectOpen, expectPossible, type LockedMitigation, lockMitigation } from './lock.ts';
import { defaultPlan, planSchema, stagesOf, withCanaryOf } from './plan.ts';
import { recordRule, recordSelect } from './record.ts';
import {
  APPROVAL_DUE_MS,
  type ApproveMitigation,
  BREAK_GLASS_MS,
  DEFAULT_SAMPLE,
  type DraftMitigation,
  type EditMitigation,
  endOf,
  type PublishMitigation,
  type WithdrawMitigation,
} from './schema.ts';
import { TRANSITIONS } from './states.ts';
import { compileTrial } from './trial.ts';
import { provenTests, stillLeftAlone } from './vectors.ts';

/** Writes a rule down; it touches nobody until it is published. Refuses one that could not be. */
export async function draftMitigation(actor: Actor, input: DraftMitigation) {
  authorize(actor, 'mitigation.draft');
  const expiresAt = endOf(input, new Date());
  if (!expiresAt) throw new AppError('invalid', 'Every rule ends.', { fields: { expiresAt: 'is missing' } });
  compileTrial(input);
  return db.$transaction(async (tx) => {
    // Before the rule refers to it: the history takes the same lock a moment later.
    const incident = await lockIncident(tx, input.incident);
    expectOpen(incident);
    const examples = input.tests?.mustMatch ? [] : await linkedExamples(tx, incident.id);
    const row = await tx.mitigation.create({
      data: {
        id: newId(),
        incidentId: incident.id,
        title: input.title,
        scope: input.scope,
        matcher: input.matcher,
        target: input.target,
        action: input.action,
        mode: input.mode,
        parameters: input.parameters ?? {},
        when: input.when ?? null,
        fail: input.fail ?? { onError: 'open', onStale: 'open' },
        sample: input.sample ?? DEFAULT_SAMPLE,
        plan: input.plan ?? defaultPlan(incident.severity),
        tests: provenTests(input, input.tests, examples, incident.ref),
        startsAt: input.startsAt ? new Date(input.startsAt) : null,
        expiresAt,
        authorId: personOf(actor),
      },
      select: recordSelect,
    });
    await recordRule(tx, actor, 'mitigation.draft', row);
    return { id: row.id, ref: `R-${row.number}`, version: row.version, state: 'draft', expiresAt };
  });
}

/** Writes the next version of a rule that is not out yet; approvals of the one before no longer count. */
export async function editMitigation(actor: Actor, input: EditMitigation) {
  authorize(actor, 'mitigation.draft');
  const { mitigation: _, version: __, ...changes } = input;
  if (Object.values(changes).every((value) => value === undefined)) {
    throw new AppError('invalid', 'Nothing is changed: give at least one field besides the version.');
  }
  return db.$transaction(async (tx) => {
    const before = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, before, ['edit'], input.version);
    const was = toRule(before);
    const draft = {
      scope: input.scope ?? was.scope,
      matcher: input.matcher ?? was.matcher,
      target: input.target ?? was.target,
      when: input.when === undefined ? was.when : input.when,
    };
    compileTrial(draft);
    const changed = input.scope || input.matcher || input.target || input.when !== undefined;
    const kept = changed ? undefined : was.tests;
    const examples = input.tests?.mustMatch || kept ? [] : await linkedExamples(tx, before.incidentId);
    const given = input.tests
      ? { ...input.tests, mustMatch: input.tests.mustMatch ?? kept?.mustMatch }
      : (kept ?? { mustNotMatch: stillLeftAlone(draft.matcher, was.tests) });
    const effect = {
      scope: draft.scope,
      matcher: draft.matcher,
      target: draft.target,
      action: input.action ?? was.action,
      mode: input.mode ?? before.mode,
      parameters: input.parameters ?? was.parameters,
      when: draft.when,
      fail: input.fail ?? was.fail,
      plan: input.plan ?? planSchema.parse(before.plan),
      startsAt: input.startsAt === undefined ? before.startsAt : input.startsAt && new Date(input.startsAt),
      expiresAt: endOf(input, new Date()) ?? before.expiresAt,
    };
    const row = await tx.mitigation.update({
      where: { id: before.id, version: before.version, state: before.state },
      data: {
        ...effect,
        version: before.version + 1,
        state: TRANSITIONS.edit.to,
        title: input.title ?? was.title,
        sample: input.sample ?? was.sample,
        tests: provenTests(draft, given, examples, was.incident ?? 'the incident'),
        authorId: authorAfter(actor, before, effect),
      },
      select: recordSelect,
    });
    await recordRule(tx, actor, 'mitigation.edit', row, { clearedApproval: before.state === 'approved' });
    return { id: row.id, ref: `R-${row.number}`, version: row.version, state: TRANSITIONS.edit.to };
  });
}

/**
 * Whose rule it is after an edit: theirs who changed what it does. Another title, or a change through a key, takes it
 * from nobody, or its author could have it changed a little and then approve it.
 */
function authorAfter(actor: Actor, before: LockedMitigation, effect: Record<string, unknown>): string | null {
  const same = Object.entries(effect).every(
    ([name, value]) =>
      canonicalize(value ?? null) === canonicalize(before[name as keyof LockedMitigation] ?? null),
  );
  const person = personOf(actor);
  return same || actor.kind !== 'user' ? (before.authorId ?? person) : person;
}

/**
 * The second pair of eyes: a person other than the one who wrote this version, by hand or through a key. Of a live rule
 * that broke glass it lets it live out its hour, which every instance hears of in the next snapshot.
 */
export async function approveMitigation(actor: Actor, input: ApproveMitigation) {
  authorize(actor, 'mitigation.approve');
  const approverId = personOf(actor);
  if (approverId === null) {
    throw new AppError('forbidden', 'An approval needs a person; nobody is answerable for this key.');
  }
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    const isLate = row.state === 'live' && row.approvalDueAt !== null;
    await expectPossible(tx, row, [isLate ? 'ratify' : 'approve'], input.version);
    const ref = `R-${row.number}`;
    if (row.authorId === approverId) {
      throw new AppError(
        'forbidden',
        `You wrote version ${row.version} of ${ref}, yourself or with a key of yours. Somebody else must approve it.`,
      );
    }
    if (isLate && (await brokeGlass(tx, row.id)) === approverId) {
      throw new AppError('forbidden', `You broke glass for ${ref}. Somebody else must approve it.`);
    }
    if (row.state === 'live' && !isLate) {
      throw new AppError('conflict', `${ref} is live and needs no approval. Look at it again first.`);
    }
    await tx.mitigationApproval.create({
      data: { mitigationId: row.id, version: row.version, approverId },
    });
    const approvers = [approverId];
    if (!isLate) {
      await tx.mitigation.update({
        where: { id: row.id, version: row.version, state: row.state },
        data: { state: TRANSITIONS.approve.to },
      });
      await recordRule(tx, actor, 'mitigation.approve', row, { approvers });
      return { id: row.id, ref, version: row.version, state: TRANSITIONS.approve.to };
    }
    await lockPublishing(tx);
    if (row.approvalDueAt && row.approvalDueAt <= new Date()) {
      throw new AppError('conflict', `${ref} ended because nobody approved it in time.`);
    }
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { approvalDueAt: null },
    });
    const seq = await publishSnapshot(tx, `approve ${ref}`);
    await recordRule(tx, actor, 'mitigation.ratify', { ...row, approvalDueAt: null }, { approvers, seq });
    return { id: row.id, ref, version: row.version, state: TRANSITIONS.ratify.to, seq };
  });
}

/** The person who published it without an approval, null for a machine's key. */
async function brokeGlass(tx: Tx, id: string): Promise<string | null> {
  const event = await tx.event.findFirst({
    where: { subjectType: 'mitigation', subjectId: id, action: 'mitigation.publish' },
    orderBy: { id: 'desc' },
    select: { body: true },
  });
  return event ? (JSON.parse(event.body).data.by ?? null) : null;
}

/**
 * Sends the rule to the instances, beginning with the first stage of its plan: the change, its evidence, its event and
 * the next snapshot commit together. Its measured risk says whether somebody else must have approved this version; a
 * typed reason stands in for that, for an hour at most and half of it unless a second person comes.
 */
export async function publishMitigation(actor: Actor, input: PublishMitigation) {
  authorize(actor, 'mitigation.publish');
  await requireConfirmed(actor);
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['publish', 'breakGlass'], input.version);
    const ref = `R-${row.number}`;
    // Everywhere rule, then publishing, then incident: this order cannot deadlock. With the incident held, nobody
    // can dismiss it between this look and the publish.
    await lockPublishing(tx);
    expectOpen(await lockIncident(tx, row.incidentId));
    const now = new Date();
    if (row.expiresAt <= now) {
      const message = `${ref} was to end at ${row.expiresAt.toISOString()}, which has passed. Set a new end first.`;
      throw new AppError('conflict', message);
    }
    const rule = { ...toRule(row), mode: row.mode === 'shadow' ? 'shadow' : 'enforce' } as const;
    const backtest = await latestBacktest(tx, row.id, row.version);
    const refused = controlProblem(rule, backtest);
    if (refused) throw new AppError('conflict', `${ref} stays in the building. ${refused}`);
    const plan = planSchema.parse(row.plan);
    const need = approvalNeeded({ ...rule, plan, expiresAt: row.expiresAt }, backtest, now);
    const approvers = row.approvals
      .filter(({ version, approverId }) => version === row.version && approverId !== row.authorId)
      .map(({ approverId }) => approverId);
    const agreed = need.approvals === 0 || (row.state === 'approved' && approvers.length > 0);
    const breakGlassReason = agreed ? null : (input.breakGlassReason ?? null);
    if (!agreed && breakGlassReason === null) {
      const why = need.reasons.join(' ');
      const message = `${ref} needs the approval of somebody who did not write it. ${why} In an emergency, break glass with a typed reason.`;
      throw new AppError('forbidden', message);
    }
    if (breakGlassReason !== null) await expectFirstGlass(tx, row);
    const stages = stagesOf(plan, rule.mode);
    const fleet = stages.includes('canary') ? await connectedInstances(tx) : [];
    const hourFromNow = new Date(now.getTime() + BREAK_GLASS_MS);
    const change = {
      expiresAt: agreed || row.expiresAt < hourFromNow ? row.expiresAt : hourFromNow,
      approvalDueAt: agreed ? null : new Date(now.getTime() + APPROVAL_DUE_MS),
      plan: withCanaryOf(plan, row.id, fleet),
      stage: stages[0] ?? 'full',
      stageSince: now,
      heldReason: null,
      maxHitRate: maxHitRateOf(rule, backtest),
    };
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { ...change, state: TRANSITIONS.publish.to, publishedAt: now, breakGlassReason },
    });
    const seq = await publishSnapshot(tx, `publish ${ref}`, { acceptGrowth: input.acceptGrowth });
    await tx.mitigation.update({ where: { id: row.id }, data: { publishedSeq: seq, stageSeq: seq } });
    const { evidence, sha256 } = await gatherEvidence(tx, row, seq, backtest);
    await recordRule(
      tx,
      actor,
      'mitigation.publish',
      { ...row, ...change },
      {
        seq,
        by: personOf(actor),
        approvers,
        need: need.reasons,
        breakGlass: !agreed,
        reason: breakGlassReason,
        plan: change.plan,
        totals: await fleetTotals(tx, row.id),
        evidence,
        evidenceSha256: sha256,
      },
    );
    return { id: row.id, ref, seq, breakGlass: !agreed, stage: change.stage, expiresAt: change.expiresAt };
  });
}

/** A reason that was typed before and that nobody has come for is not typed again, under another number. */
const GLASS_MS = 24 * 60 * 60_000;

// Half an hour for one person stays half an hour: the same rule again takes somebody else.
async function expectFirstGlass(tx: Tx, row: LockedMitigation): Promise<void> {
  const before = await tx.mitigation.findFirst({
    where: {
      id: { not: row.id },
      breakGlassReason: { not: null },
      approvalDueAt: { not: null },
      publishedAt: { gt: new Date(Date.now() - GLASS_MS) },
      target: row.target,
      action: row.action,
      matcher: { equals: row.matcher as Prisma.InputJsonValue },
    },
    orderBy: { publishedAt: 'desc' },
    select: { number: true },
  });
  if (!before) return;
  throw new AppError(
    'forbidden',
    `Glass was broken for the same rule as R-${before.number}, and nobody approved it. Somebody who did not write it must approve it now.`,
  );
}

/** Ends a live rule by publishing the next snapshot without it, or drops one that never went out (`seq` null). */
export async function withdrawMitigation(actor: Actor, input: WithdrawMitigation) {
  authorize(actor, 'mitigation.withdraw');
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['withdraw'], undefined);
    const ref = `R-${row.number}`;
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { state: TRANSITIONS.withdraw.to, endedAt: new Date() },
    });
    const seq = row.state === 'live' ? await publishSnapshot(tx, `withdraw ${ref}`) : null;
    await tx.mitigation.update({ where: { id: row.id }, data: { endedSeq: seq } });
    await recordRule(tx, actor, 'mitigation.withdraw', row, { seq, reason: input.reason });
    return { id: row.id, ref, seq };
  });
}

/** Writes down that rules have ended, in one snapshot for all; instances had stopped by their own clocks. */
export async function expireMitigations(actor: Actor) {
  authorize(actor, 'mitigation.withdraw');
  return db.$transaction(async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM mitigation
      WHERE state = 'live' AND least(expires_at, coalesce(approval_due_at, expires_at)) <= ${new Date()}
      ORDER BY id FOR UPDATE`;
    if (due.length === 0) return { expired: [] as string[], seq: null };
    const where = { id: { in: due.map(({ id }) => id) }, state: 'live' };
    // The history locks incidents one by one; the same order everywhere cannot deadlock.
    const rows = await tx.mitigation.findMany({
      where,
      select: recordSelect,
      orderBy: [{ incidentId: 'asc' }, { number: 'asc' }],
    });
    await tx.mitigation.updateMany({ where, data: { state: TRANSITIONS.expire.to, endedAt: new Date() } });
    const refs = rows.map((row) => `R-${row.number}`);
    const seq = await publishSnapshot(tx, `expire ${refs.join(', ')}`);
    await tx.mitigation.updateMany({ where: { id: where.id }, data: { endedSeq: seq } });
    for (const row of rows) await recordRule(tx, actor, 'mitigation.expire', row, { seq });
    return { expired: refs, seq };
  });
}
