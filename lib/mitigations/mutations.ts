import { type Actor, personOf } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { refuseUnread } from '#lib/fleet/readers';
import { newId } from '#lib/ids';
import { lockIncident } from '#lib/incidents/lock';
import { authorize } from '#lib/permissions';
import { fleetTotals } from '#lib/rollouts/totals';
import { lockPublishing } from '#lib/rulesets/lock';
import { publishSnapshot } from '#lib/rulesets/publish';
import { requireConfirmed } from '#lib/users/confirmation';
import { approvalNeeded } from './approval.ts';
import { latestBacktest } from './backtest.ts';
import { connectedInstances, fittedPlan } from './canary.ts';
import { contentInEvent, expectPublished, keepVersion, ruleDigest, sameEffect } from './content.ts';
import { gatherEvidence } from './evidence.ts';
import { controlProblem, maxHitRateOf } from './gates.ts';
import { expectGlass } from './glass.ts';
import { expectKillSwitch, isKillSwitch, killSwitchProblem } from './kill-switch.ts';
import { linkedExamples } from './linked.ts';
import { expectOpen, expectPossible, type LockedMitigation, lockMitigation } from './lock.ts';
import { defaultPlan, planSchema, reaching, stagesOf } from './plan.ts';
import { recordRule, recordSelect } from './record.ts';
import { expectTyped, whyTyped } from './risk.ts';
import {
  APPROVAL_DUE_MS,
  type ApproveMitigation,
  BREAK_GLASS_MS,
  DEFAULT_SAMPLE,
  type DraftMitigation,
  type EditMitigation,
  endsIfPublished,
  lifeOf,
  type PublishMitigation,
  type WithdrawMitigation,
} from './schema.ts';
import { trafficOf } from './scope-traffic.ts';
import {
  agreedOf,
  approvalWanted,
  barredFrom,
  expectUnchanged,
  peopleBehind,
  secondsMissing,
  whoCan,
  whyNotSecond,
  writersAfter,
  writersOf,
} from './second-person.ts';
import { TRANSITIONS } from './states.ts';
import { enforcing } from './takes-two.ts';
import { compileTrial } from './trial.ts';
import { provenTests, stillLeftAlone } from './vectors.ts';

/** A hundred thousand packages are compiled, tried, digested and written; in milliseconds. */
const LONG_LIST = { timeout: 60_000 };

/** Writes a rule down; it touches nobody until it is published. Refuses one that could not be. */
export async function draftMitigation(actor: Actor, input: DraftMitigation) {
  authorize(actor, 'mitigation.draft');
  const life = lifeOf(input, new Date());
  if (!life) throw new AppError('invalid', 'Every rule ends.', { fields: { expiresAt: 'is missing' } });
  const trial = compileTrial(input);
  const fail = input.fail ?? { onError: 'open', onStale: 'open' };
  expectKillSwitch({ ...input, fail }, life.expiresAt);
  const id = newId();
  const writers = peopleBehind(actor);
  return db.$transaction(async (tx) => {
    // Before the rule refers to it: the history takes the same lock a moment later.
    const incident = await lockIncident(tx, input.incident);
    expectOpen(incident);
    const examples = input.tests?.mustMatch ? [] : await linkedExamples(tx, incident.id);
    const row = await tx.mitigation.create({
      data: {
        id,
        incidentId: incident.id,
        title: input.title,
        scope: input.scope,
        matcher: input.matcher,
        target: input.target,
        action: input.action,
        mode: input.mode,
        parameters: input.parameters ?? {},
        when: input.when ?? null,
        fail,
        sample: input.sample ?? DEFAULT_SAMPLE,
        plan: await fittedPlan(tx, id, input.plan ?? defaultPlan(incident.severity, { ...input, fail })),
        maxHitRate: maxHitRateOf(input, null),
        tests: provenTests(input, trial, input.tests, examples, incident.ref),
        startsAt: dateOf(input.startsAt),
        ...life,
        authorId: personOf(actor),
        writerIds: [...writers.people],
        writerUnknown: writers.isUnknown,
      },
      select: recordSelect,
    });
    await keepVersion(tx, row, personOf(actor));
    await recordRule(tx, actor, 'mitigation.draft', row, { rule: contentInEvent(row) });
    return {
      id: row.id,
      ref: `R-${row.number}`,
      version: row.version,
      state: 'draft',
      expiresAt: life.expiresAt,
    };
  }, LONG_LIST);
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
    const was = enforcing(before);
    const draft = {
      scope: input.scope ?? was.scope,
      matcher: input.matcher ?? was.matcher,
      target: input.target ?? was.target,
      when: input.when === undefined ? was.when : input.when,
      action: input.action ?? was.action,
      mode: input.mode ?? was.mode,
      fail: input.fail ?? was.fail,
    };
    // What was right for a kill switch is right for no other rule.
    const turned = isKillSwitch(draft) !== isKillSwitch(was);
    const plan = input.plan ?? (turned ? defaultPlan(before.incident.severity, draft) : null);
    const trial = compileTrial(draft);
    const changed = input.scope || input.matcher || input.target || input.when !== undefined;
    const kept = changed ? undefined : was.tests;
    const examples = input.tests?.mustMatch || kept ? [] : await linkedExamples(tx, before.incidentId);
    const given = input.tests
      ? { ...input.tests, mustMatch: input.tests.mustMatch ?? kept?.mustMatch }
      : (kept ?? { mustNotMatch: stillLeftAlone(trial, was.tests) });
    const data = {
      ...draft,
      title: input.title ?? was.title,
      parameters: input.parameters ?? was.parameters,
      sample: input.sample ?? was.sample,
      plan: plan ? await fittedPlan(tx, before.id, plan) : planSchema.parse(before.plan),
      maxHitRate: maxHitRateOf(draft, null),
      startsAt: input.startsAt === undefined ? before.startsAt : dateOf(input.startsAt),
      ...(lifeOf(input, new Date()) ?? { expiresAt: before.expiresAt, lifeMinutes: before.lifeMinutes }),
      tests: provenTests(draft, trial, given, examples, was.incident ?? 'the incident'),
      version: before.version + 1,
    };
    expectKillSwitch(data, endsIfPublished(data));
    const changesEffect = !sameEffect(before, { ...before, ...data });
    const writers = writersAfter(actor, writersOf(before), changesEffect);
    // What a key changed is its holder's: nobody's name stays on what they have not seen.
    const authorId = changesEffect || actor.kind !== 'user' ? personOf(actor) : before.authorId;
    const row = await tx.mitigation.update({
      where: { id: before.id, version: before.version, state: before.state },
      data: {
        ...data,
        state: TRANSITIONS.edit.to,
        authorId,
        writerIds: [...writers.people],
        writerUnknown: writers.isUnknown,
      },
      select: recordSelect,
    });
    await keepVersion(tx, row, authorId);
    const clearedApproval = before.state === 'approved';
    await recordRule(tx, actor, 'mitigation.edit', row, { clearedApproval, rule: contentInEvent(row) });
    return { id: row.id, ref: `R-${row.number}`, version: row.version, state: TRANSITIONS.edit.to };
  }, LONG_LIST);
}

const dateOf = (iso: string | null | undefined) => (iso ? new Date(iso) : null);

/**
 * The second pair of eyes: a signed-in person who had no hand in this version. Of a live rule that broke glass it lets
 * it live out its hour, which every instance hears of in the next snapshot.
 */
export async function approveMitigation(actor: Actor, input: ApproveMitigation) {
  authorize(actor, 'mitigation.approve');
  await requireConfirmed(actor);
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    const isLate = row.state === 'live' && row.approvalDueAt !== null;
    await expectPossible(tx, row, [isLate ? 'ratify' : 'approve'], input.version);
    const ref = `R-${row.number}`;
    const refused = whyNotSecond(actor, row);
    if (refused !== null || actor.kind !== 'user') {
      const able = await whoCan(tx, barredFrom(row));
      throw new AppError('forbidden', `${refused} Somebody else must approve it: ${able}`);
    }
    const rule = enforcing(row);
    const backtest = await latestBacktest(tx, row.id, row.version);
    // With it the content is what a publish would sign; later back-tests do not change what was agreed to.
    const isOpen = row.state === 'draft' || row.maxHitRate === null;
    const agreed = isOpen ? { ...row, maxHitRate: maxHitRateOf(rule, backtest) } : row;
    if (!isLate) expectKillSwitch(rule, endsIfPublished(row), backtest);
    expectTyped(ref, input.confirm, whyTyped(rule, backtest));
    const digest = await keepVersion(tx, agreed, row.authorId);
    if (row.state === 'approved') {
      if (secondsMissing(row, digest) === 0) await expectPossible(tx, row, [], input.version);
      if (agreedOf(row, digest).includes(actor.id)) {
        const able = await whoCan(tx, [...barredFrom(row), actor.id]);
        const message = `You have approved version ${row.version} of ${ref} already; it takes one more person: ${able}`;
        throw new AppError('conflict', message);
      }
    }
    const approval = { mitigationId: row.id, version: row.version, approverId: actor.id };
    await tx.mitigationApproval.upsert({
      where: { mitigationId_version_approverId: approval },
      create: { ...approval, digest },
      update: { digest },
    });
    const approvers = [...new Set([...agreedOf(row, digest), actor.id])];
    if (!isLate) {
      await tx.mitigation.update({
        where: { id: row.id, version: row.version, state: row.state },
        data: { state: TRANSITIONS.approve.to, maxHitRate: agreed.maxHitRate },
      });
      await recordRule(tx, actor, 'mitigation.approve', agreed, { approvers });
      return { id: row.id, ref, version: row.version, state: TRANSITIONS.approve.to, digest };
    }
    await lockPublishing(tx);
    if (row.approvalDueAt && row.approvalDueAt <= new Date()) {
      throw new AppError('conflict', `${ref} ended because nobody approved it in time.`);
    }
    expectPublished(row);
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { approvalDueAt: null },
    });
    const seq = await publishSnapshot(tx, `approve ${ref}`);
    await recordRule(tx, actor, 'mitigation.ratify', { ...row, approvalDueAt: null }, { approvers, seq });
    return { id: row.id, ref, version: row.version, state: TRANSITIONS.ratify.to, digest, seq };
  });
}

/**
 * Sends the rule to the instances, beginning with the first stage of its plan: the change, its evidence, its event and
 * the next snapshot commit together. Its measured risk says whether somebody else must have approved exactly this; a
 * typed reason stands in for that, for an hour at most and half of it unless a second person comes.
 */
export async function publishMitigation(actor: Actor, input: PublishMitigation) {
  authorize(actor, 'mitigation.publish');
  await requireConfirmed(actor);
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['publish', 'breakGlass'], input.version);
    const ref = `R-${row.number}`;
    const rule = enforcing(row);
    const traffic = await trafficOf(tx, rule.scope);
    // Everywhere rule, then publishing, then incident: this order cannot deadlock. With the incident held, nobody
    // can dismiss it between this look and the publish.
    await lockPublishing(tx);
    expectOpen(await lockIncident(tx, row.incidentId));
    const now = new Date();
    const ends = endsIfPublished(row, now);
    if (ends <= now) {
      const message = `${ref} was to end at ${ends.toISOString()}, which has passed. Set a new end first.`;
      throw new AppError('conflict', message);
    }
    if (row.startsAt !== null && row.startsAt >= ends) {
      const message = `${ref} would end at ${ends.toISOString()}, before it begins. Set another begin or end first.`;
      throw new AppError('conflict', message);
    }
    const backtest = await latestBacktest(tx, row.id, row.version);
    const refused =
      controlProblem(rule, backtest) ??
      killSwitchProblem(rule, ends.getTime() - now.getTime(), backtest)?.message;
    if (refused) throw new AppError('conflict', `${ref} stays in the building. ${refused}`);
    expectTyped(ref, input.confirm, whyTyped(rule, backtest));
    await refuseUnread(tx, rule, input.acceptUnread ?? false);
    const plan = planSchema.parse(row.plan);
    const need = approvalNeeded(
      {
        ...rule,
        traffic,
        plan: reaching(plan, row.id, await connectedInstances(tx)),
        expiresAt: ends,
        writerUnknown: row.writerUnknown,
      },
      backtest,
      now,
    );
    const digest = ruleDigest(row);
    expectUnchanged(row, digest);
    const isAgreed = need.approvals === 0 || secondsMissing(row, digest, actor) === 0;
    if (!isAgreed && input.breakGlassReason === undefined) {
      throw new AppError('forbidden', await approvalWanted(tx, row, digest, need.reasons));
    }
    const glassById = isAgreed ? null : await expectGlass(tx, actor, row, rule, backtest);
    const change = {
      ...(isAgreed ? { expiresAt: ends, lifeMinutes: row.lifeMinutes } : withinTheHour(row, ends, now)),
      approvalDueAt: isAgreed ? null : new Date(now.getTime() + APPROVAL_DUE_MS),
      stage: stagesOf(plan, rule.mode)[0] ?? 'full',
      stageSince: now,
      heldReason: null,
      heldBy: null,
      // Of what nobody had to approve the newest back-test says it; what was approved stays as it was approved.
      maxHitRate: row.state === 'approved' ? row.maxHitRate : maxHitRateOf(rule, backtest),
      glassById,
      glassHandIds: isAgreed ? [] : [...peopleBehind(actor).people],
      breakGlassReason: isAgreed ? null : (input.breakGlassReason ?? null),
    };
    const publishedDigest = await keepVersion(tx, { ...row, ...change }, row.authorId);
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { ...change, publishedDigest, state: TRANSITIONS.publish.to, publishedAt: now },
    });
    const seq = await publishSnapshot(tx, `publish ${ref}`, { acceptGrowth: input.acceptGrowth });
    await tx.mitigation.update({ where: { id: row.id }, data: { publishedSeq: seq, stageSeq: seq } });
    const approved = row.approvals.filter(({ version }) => version === row.version);
    const { evidence, sha256 } = await gatherEvidence(tx, row, seq, backtest, {
      published: publishedDigest,
      approved: approved.map(({ approverId, digest: of }) => ({ approverId, digest: of })),
    });
    await recordRule(
      tx,
      actor,
      'mitigation.publish',
      { ...row, ...change },
      {
        seq,
        by: personOf(actor),
        approvers: agreedOf(row, digest),
        need: need.reasons,
        breakGlass: !isAgreed,
        reason: change.breakGlassReason,
        plan,
        totals: await fleetTotals(tx, row.id),
        evidence,
        evidenceSha256: sha256,
      },
    );
    return { id: row.id, ref, seq, breakGlass: !isAgreed, stage: change.stage, expiresAt: change.expiresAt };
  });
}

/** One person's word is good for an hour at most; a shorter rule stays as short as it is. */
function withinTheHour(row: LockedMitigation, ends: Date, now: Date) {
  const hour = new Date(now.getTime() + BREAK_GLASS_MS);
  if (ends <= hour) return { expiresAt: ends, lifeMinutes: row.lifeMinutes };
  return { expiresAt: hour, lifeMinutes: row.lifeMinutes === null ? null : BREAK_GLASS_MS / 60_000 };
}

/** Ends a live rule by publishing the next snapshot without it, or drops one that never went out (`seq` null). */
export async function withdrawMitigation(actor: Actor, input: WithdrawMitigation) {
  authorize(actor, 'mitigation.withdraw');
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['withdraw'], undefined);
    // A draft that is dropped reaches nobody.
    if (row.state === 'live') await requireConfirmed(actor, tx);
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
