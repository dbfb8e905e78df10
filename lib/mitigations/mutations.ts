import { type Actor, personOf } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { lockIncident } from '#lib/incidents/lock';
import { authorize } from '#lib/permissions';
import { lockPublishing, publishSnapshot } from '#lib/rulesets/publish';
import { ruleDigest, toRule, type WireRuleRow, wireRuleSelect } from '#lib/rulesets/wire-rule';
import { linkedExamples } from './linked.ts';
import { expectOpen, expectPossible, lockMitigation } from './lock.ts';
import { defaultPlan } from './plan.ts';
import {
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
import { provenTests } from './vectors.ts';

/** What every event of a rule says; the digest stands for its text, which may quote flagged code. */
function facts(row: WireRuleRow) {
  const rule = toRule(row);
  return {
    ref: rule.ref,
    version: rule.version,
    digest: ruleDigest(rule),
    title: rule.title,
    action: rule.action,
    mode: rule.mode,
    expiresAt: rule.expiresAt,
  };
}

function record(
  tx: Tx,
  actor: Actor,
  action: string,
  row: WireRuleRow & { incidentId: string },
  data: Record<string, unknown> = {},
): Promise<void> {
  const subject = { type: 'mitigation', id: row.id };
  const { incidentId } = row;
  return recordEvent(tx, actor, { action, subject, incidentId, data: { ...facts(row), ...data } });
}

const select = { ...wireRuleSelect, incidentId: true } as const;

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
        expiresAt,
        authorId: personOf(actor),
      },
      select,
    });
    await record(tx, actor, 'mitigation.draft', row);
    return { id: row.id, ref: `R-${row.number}`, version: row.version, state: 'draft', expiresAt };
  });
}

/** Writes the next version of a rule that is not out yet; approvals of the one before no longer count. */
export async function editMitigation(actor: Actor, input: EditMitigation) {
  authorize(actor, 'mitigation.draft');
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
      : kept;
    const row = await tx.mitigation.update({
      where: { id: before.id, version: before.version, state: before.state },
      data: {
        version: before.version + 1,
        state: TRANSITIONS.edit.to,
        title: input.title ?? was.title,
        scope: draft.scope,
        matcher: draft.matcher,
        target: draft.target,
        action: input.action ?? was.action,
        mode: input.mode ?? before.mode,
        parameters: input.parameters ?? was.parameters,
        when: draft.when,
        fail: input.fail ?? was.fail,
        sample: input.sample ?? was.sample,
        ...(input.plan && { plan: input.plan }),
        tests: provenTests(draft, given, examples, was.incident ?? 'the incident'),
        expiresAt: endOf(input, new Date()) ?? before.expiresAt,
        authorId: personOf(actor),
      },
      select,
    });
    await record(tx, actor, 'mitigation.edit', row, { clearedApproval: before.state === 'approved' });
    return { id: row.id, ref: `R-${row.number}`, version: row.version, state: TRANSITIONS.edit.to };
  });
}

/** The second pair of eyes: a person other than the one who wrote this version, by hand or through a key. */
export async function approveMitigation(actor: Actor, input: ApproveMitigation) {
  authorize(actor, 'mitigation.approve');
  const approverId = personOf(actor);
  if (approverId === null) {
    throw new AppError('forbidden', 'An approval needs a person; nobody is answerable for this key.');
  }
  return db.$transaction(async (tx) => {
    const row = await lockMitigation(tx, input.mitigation);
    await expectPossible(tx, row, ['approve'], input.version);
    if (row.authorId === approverId) {
      throw new AppError(
        'forbidden',
        `You wrote version ${row.version} of R-${row.number}, yourself or with a key of yours. Somebody else must approve it.`,
      );
    }
    await tx.mitigationApproval.create({
      data: { mitigationId: row.id, version: row.version, approverId },
    });
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { state: TRANSITIONS.approve.to },
    });
    await record(tx, actor, 'mitigation.approve', row, { approvers: [approverId] });
    return { id: row.id, ref: `R-${row.number}`, version: row.version, state: TRANSITIONS.approve.to };
  });
}

/**
 * Sends the rule to every instance: the change, its event and the next snapshot commit together.
 * Needs somebody else's approval of this version, or a typed reason, which ends the rule within the hour.
 */
export async function publishMitigation(actor: Actor, input: PublishMitigation) {
  authorize(actor, 'mitigation.publish');
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
    const approvers = row.approvals
      .filter(({ version, approverId }) => version === row.version && approverId !== row.authorId)
      .map(({ approverId }) => approverId);
    const approved = row.state === 'approved' && approvers.length > 0;
    const breakGlassReason = approved ? null : (input.breakGlassReason ?? null);
    if (!approved && breakGlassReason === null) {
      const message = `${ref} needs the approval of somebody who did not write it. In an emergency, break glass with a typed reason.`;
      throw new AppError('forbidden', message);
    }
    const hourFromNow = new Date(now.getTime() + BREAK_GLASS_MS);
    const expiresAt = approved || row.expiresAt < hourFromNow ? row.expiresAt : hourFromNow;
    await tx.mitigation.update({
      where: { id: row.id, version: row.version, state: row.state },
      data: { state: TRANSITIONS.publish.to, publishedAt: now, expiresAt, breakGlassReason },
    });
    const seq = await publishSnapshot(tx, `publish ${ref}`);
    await tx.mitigation.update({ where: { id: row.id }, data: { publishedSeq: seq } });
    const how = { seq, approvers, breakGlass: !approved, reason: breakGlassReason };
    await record(tx, actor, 'mitigation.publish', { ...row, expiresAt }, how);
    return { id: row.id, ref, seq, breakGlass: !approved, expiresAt };
  });
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
    await record(tx, actor, 'mitigation.withdraw', row, { seq, reason: input.reason });
    return { id: row.id, ref, seq };
  });
}

/** Writes down that rules have ended, in one snapshot for all; instances had stopped by their own clocks. */
export async function expireMitigations(actor: Actor) {
  authorize(actor, 'mitigation.withdraw');
  return db.$transaction(async (tx) => {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM mitigation WHERE state = 'live' AND expires_at <= ${new Date()} FOR UPDATE`;
    if (due.length === 0) return { expired: [] as string[], seq: null };
    const where = { id: { in: due.map(({ id }) => id) }, state: 'live' };
    // The history locks incidents one by one; the same order everywhere cannot deadlock.
    const rows = await tx.mitigation.findMany({
      where,
      select,
      orderBy: [{ incidentId: 'asc' }, { number: 'asc' }],
    });
    await tx.mitigation.updateMany({ where, data: { state: TRANSITIONS.expire.to, endedAt: new Date() } });
    const refs = rows.map((row) => `R-${row.number}`);
    const seq = await publishSnapshot(tx, `expire ${refs.join(', ')}`);
    await tx.mitigation.updateMany({ where: { id: where.id }, data: { endedSeq: seq } });
    for (const row of rows) await record(tx, actor, 'mitigation.expire', row, { seq });
    return { expired: refs, seq };
  });
}
