import { beforeEach, describe, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { confirmEnforced } from '#lib/fleet/mutations';
import { newId } from '#lib/ids';
import { approveMitigation, publishMitigation, withdrawMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import { rolloutBucket } from '#sdk/rollout';
import { machine, person } from '../../tests/fixtures.ts';
import { backtested, newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import { advanceDue, advanceMitigation, holdMitigation, resumeMitigation } from './mutations.ts';
import { stageProgress } from './queries.ts';

const { ana, bo, auditor, draft, lastEvent } = await ruleDesk();
const worker = systemActor('rollout');
const carried = async (id: string) => (await newestSnapshot()).rules.find((rule) => rule.id === id);

/** Four that serve, heard of a moment ago, with the newest ruleset. */
async function fleet(
  overrides: { breakers?: object[]; state?: string; activeSeq?: number } = {},
  ids = ['pod-a', 'pod-b', 'pod-c', 'pod-d'],
): Promise<string[]> {
  const { _max } = await db.ruleset.aggregate({ _max: { seq: true } });
  const now = new Date();
  for (const [index, id] of ids.entries()) {
    const given = index === 0 ? overrides : {};
    const data = {
      labels: {},
      sdkVersion: '1',
      state: 'active',
      activeSeq: _max.seq ?? 0,
      breakers: [],
      ...given,
    };
    await db.instance.upsert({
      where: { id },
      create: { id, ...data, firstSeenAt: new Date(now.getTime() - 3_600_000), lastSeenAt: now },
      update: { ...data, lastSeenAt: now },
    });
  }
  return ids;
}

async function staged(plan = planSchema.parse({ shadowSeconds: 60, canarySeconds: 60 })) {
  const rule = await draft(ana, { plan });
  await approveMitigation(bo, { mitigation: rule.ref });
  const published = await publishMitigation(ana, { mitigation: rule.ref });
  // Whoever is there takes it, however slow this machine is.
  await db.instance.updateMany({ data: { activeSeq: published.seq, lastSeenAt: new Date() } });
  return { ...rule, ...published };
}

/** Four names of which a canary of 10 % holds the first alone: where a name falls hangs on the rule's id. */
function namesFor(ruleId: string): [canary: string, ...others: string[]] {
  const names = Array.from({ length: 1_000 }, (_, index) => `pod-${index}`);
  const isInCanary = (name: string) => rolloutBucket(ruleId, name) < 10;
  return [
    names.find(isInCanary) ?? expect.unreachable(),
    ...names.filter((name) => !isInCanary(name)).slice(0, 3),
  ];
}

/** Published by its author alone: narrow, short, and found to hit nothing in much harmless traffic. */
async function alone() {
  // With nobody there, its canary stays the share that it asks for.
  await db.instance.deleteMany();
  const rule = await draft(ana, {
    scope: { models: ['codex-sim'], languages: ['python'] },
    expiresInMinutes: 30,
    plan: planSchema.parse({ canarySeconds: 60, autoAdvance: false }),
  });
  await backtested(rule.id);
  const names = namesFor(rule.id);
  await fleet({}, names);
  return { ...rule, names, ...(await publishMitigation(ana, { mitigation: rule.ref })) };
}

/** Decisions of instances that judge the rule since, and its hits among them. */
async function traffic(ruleId: string, decisions: number, hits = 0): Promise<void> {
  const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  await db.ruleHitMinute.upsert({
    where: { mitigationId_minute: { mitigationId: ruleId, minute } },
    create: { mitigationId: ruleId, minute, hits: 0, enforced: 0, asked: decisions },
    update: { asked: { increment: decisions } },
  });
  if (hits === 0) return;
  const of = { mitigationId: ruleId, instanceId: 'pod-a' };
  await db.ruleHit.upsert({
    where: { mitigationId_instanceId: of },
    create: { ...of, hits, enforced: hits, lastHitAt: new Date() },
    update: { hits: { increment: hits }, enforced: { increment: hits } },
  });
}

const over = (id: string) =>
  db.mitigation.update({ where: { id }, data: { stageSince: new Date(Date.now() - 3_600_000) } });

/** Publishes that are older than the time an instance may take. */
async function settled(): Promise<void> {
  await db.$executeRaw`ALTER TABLE ruleset DISABLE TRIGGER USER`;
  await db.$executeRaw`UPDATE ruleset SET published_at = published_at - interval '1 minute'`;
  await db.$executeRaw`ALTER TABLE ruleset ENABLE TRIGGER USER`;
}

beforeEach(async () => {
  await db.mitigation.updateMany({ where: { state: 'live' }, data: { state: 'withdrawn' } });
  await db.instance.deleteMany();
});

describe('advance', () => {
  test('shadow counts, canary enforces on some and never on all, full on all; each is a snapshot and an event', async () => {
    const ids = await fleet();
    const rule = await staged();
    expect(await carried(rule.id)).toMatchObject({ mode: 'shadow' });
    const canary = await advanceMitigation(ana, { mitigation: rule.ref });
    expect(canary).toMatchObject({ stage: 'canary', seq: rule.seq + 1 });
    const share = (await carried(rule.id))?.rollout.instances ?? 0;
    const held = ids.filter((id) => rolloutBucket(rule.id, id) < share);
    expect(held.length).toBeGreaterThan(0);
    expect(held.length).toBeLessThan(ids.length);
    const full = await advanceMitigation(ana, { mitigation: rule.ref, reason: 'looks right' });
    expect(await carried(rule.id)).toMatchObject({
      mode: 'enforce',
      rollout: { instances: 100, requests: 100 },
    });
    expect(await lastEvent(rule.id)).toMatchObject({
      action: 'mitigation.advance',
      data: { from: 'canary', stage: 'full', seq: full.seq, reason: 'looks right' },
    });
  });

  test('each stage has its own proof in the incident: the ruleset that brought it, once all have that', async () => {
    await fleet();
    const rule = await staged();
    const seqs = [rule.seq];
    await fleet();
    await confirmEnforced(worker);
    for (const _ of ['canary', 'full']) {
      seqs.push((await advanceMitigation(ana, { mitigation: rule.ref })).seq);
      await fleet();
      await confirmEnforced(worker);
    }
    const { incidentId, ...stored } = await db.mitigation.findUniqueOrThrow({ where: { id: rule.id } });
    expect(stored).toMatchObject({ publishedSeq: seqs[0], stageSeq: seqs[2] });
    const proofs = await db.event.findMany({
      where: { incidentId, action: 'fleet.enforced' },
      orderBy: { incidentSeq: 'asc' },
    });
    expect(proofs.map(({ subjectId }) => Number(subjectId)).slice(-3)).toEqual(seqs);
  });

  test('two who press at once take one step: the second hears where it is', async () => {
    await fleet();
    const rule = await staged();
    const step = () => advanceMitigation(ana, { mitigation: rule.ref, from: 'shadow' });
    const steps = await Promise.allSettled([step(), step()]);
    expect(steps.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(step()).rejects.toMatchObject({ code: 'conflict', message: /is in canary already/ });
    const { stage } = await db.mitigation.findUniqueOrThrow({ where: { id: rule.id } });
    expect(stage).toBe('canary');
  });

  test('is refused: forbidden, not found, nowhere further, a draft, without a fresh confirmation', async () => {
    const rule = await staged();
    const input = { mitigation: rule.ref };
    await expect(advanceMitigation(auditor, input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(advanceMitigation(await machine(['feed']), input)).rejects.toMatchObject({
      code: 'forbidden',
    });
    const nothing = advanceMitigation(ana, { mitigation: newId() });
    await expect(nothing).rejects.toMatchObject({ code: 'not_found' });
    await advanceMitigation(ana, { ...input, to: 'full' });
    await expect(advanceMitigation(ana, input)).rejects.toMatchObject({ code: 'conflict' });
    await expect(advanceMitigation(ana, { ...input, to: 'canary' })).rejects.toMatchObject({
      code: 'conflict',
    });
    const written = advanceMitigation(ana, { mitigation: (await draft()).ref });
    await expect(written).rejects.toMatchObject({ code: 'conflict' });
    await expect(advanceMitigation({ ...ana, session: undefined }, input)).rejects.toMatchObject({
      fields: { password: expect.any(String) },
    });
  });

  test('cut short, a rule that one person published takes somebody who did not write it', async () => {
    const rule = await alone();
    const early = { mitigation: rule.ref };
    await expect(advanceMitigation(ana, early)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('its stage is not over'),
    });
    // A key of theirs is no second person.
    const key = { ...(await machine(['respond'])), createdById: ana.id };
    await expect(advanceMitigation(key, early)).rejects.toMatchObject({ code: 'forbidden' });
    await over(rule.id);
    await holdMitigation(ana, { mitigation: rule.ref, reason: 'looks odd' });
    await expect(advanceMitigation(ana, early)).rejects.toThrow('this speaks against it: looks odd');
    expect(await advanceMitigation(bo, early)).toMatchObject({ stage: 'full' });
    const other = await alone();
    await over(other.id);
    await fleet({}, other.names);
    expect(await advanceMitigation(ana, { mitigation: other.ref })).toMatchObject({ stage: 'full' });
  });

  test('two at once: one stage further, not two; against a withdrawal: one of the two', async () => {
    const rule = await staged();
    const results = await Promise.allSettled([
      advanceMitigation(ana, { mitigation: rule.ref, to: 'canary' }),
      advanceMitigation(bo, { mitigation: rule.ref, to: 'canary' }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await Promise.allSettled([
      advanceMitigation(ana, { mitigation: rule.ref }),
      withdrawMitigation(bo, { mitigation: rule.ref, reason: 'fixed' }),
    ]);
    expect(await carried(rule.id)).toBeUndefined();
  });
});

describe('by itself', () => {
  test('goes on when its time is over and nothing speaks against it, once, whoever looks', async () => {
    const rule = await staged();
    expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
    await over(rule.id);
    const looks = await Promise.all([advanceDue(worker), advanceDue(worker), advanceDue(worker)]);
    expect(looks.flatMap(({ advanced }) => advanced)).toEqual([rule.ref]);
    expect(await carried(rule.id)).toMatchObject({ mode: 'enforce' });
    await over(rule.id);
    // Time alone takes nothing to everybody.
    expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
    await traffic(rule.id, 10_000);
    expect((await advanceDue(worker)).advanced).toEqual([rule.ref]);
    expect((await carried(rule.id))?.rollout.instances).toBe(100);
  });

  test('a canary of which nothing more is heard is waited for, and held once it is missed', async () => {
    const ids = await fleet();
    const rule = await staged(planSchema.parse({ canarySeconds: 60 }));
    const share = (await carried(rule.id))?.rollout.instances ?? 0;
    const [canary = ''] = ids.filter((id) => rolloutBucket(rule.id, id) < share);
    const began = Date.now() - 120_000;
    await settled();
    const { _max } = await db.ruleset.aggregate({ _max: { seq: true } });
    const heard = (at: number) => ({ firstSeenAt: new Date(began - 600_000), lastSeenAt: new Date(at) });
    await db.instance.updateMany({ data: { ...heard(Date.now()), activeSeq: _max.seq ?? 0 } });
    await db.mitigation.update({
      where: { id: rule.id },
      data: { stageSince: new Date(Date.now() - 61_000) },
    });
    // Heard of last as the stage began, 61 s ago: silent by now.
    await db.instance.update({ where: { id: canary }, data: heard(Date.now() - 60_500) });
    expect((await advanceDue(worker)).held).toEqual([rule.ref]);
    expect((await stageProgress(ana, rule.ref))?.heldReason).toContain(`${canary} had it in its canary`);
    // The same a moment after a short stage began: nobody can tell yet.
    await db.mitigation.update({
      where: { id: rule.id },
      data: {
        heldReason: null,
        heldBy: null,
        publishedDigest: null,
        plan: { canarySeconds: 1, canaryInstances: share },
        stageSince: new Date(Date.now() - 2_000),
      },
    });
    await db.instance.update({ where: { id: canary }, data: heard(Date.now() - 1_900) });
    expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
    await db.mitigation.update({
      where: { id: rule.id },
      data: { stageSince: new Date(Date.now() - 10_000) },
    });
    await traffic(rule.id, 10_000);
    await db.instance.update({ where: { id: canary }, data: heard(Date.now() - 1_000) });
    expect((await advanceDue(worker)).advanced).toEqual([rule.ref]);
  });

  test('what speaks against it asks for a second person by hand as well', async () => {
    const rule = await alone();
    const [canary] = rule.names;
    await over(rule.id);
    await settled();
    await db.instance.updateMany({
      where: { id: canary },
      data: {
        breakers: [{ ruleId: rule.id, reason: 'slow', since: new Date().toISOString() }],
        lastSeenAt: new Date(),
      },
    });
    await expect(advanceMitigation(ana, { mitigation: rule.ref })).rejects.toThrow('its breaker is open');
    expect(await advanceMitigation(bo, { mitigation: rule.ref })).toMatchObject({ stage: 'full' });
    const { against } = (await lastEvent(rule.id)).data;
    expect(against).toEqual(expect.arrayContaining([expect.stringContaining(canary)]));
  });

  test('a stage is not over before the rule has begun', async () => {
    const rule = await staged();
    await over(rule.id);
    // As it would be had it been written so; nobody can change that of a live rule.
    const begun = (msAgo: number) => {
      const startsAt = new Date(Date.now() - msAgo);
      return db.mitigation.update({ where: { id: rule.id }, data: { publishedDigest: null, startsAt } });
    };
    await begun(1_000);
    expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
    await begun(3_600_000);
    expect((await advanceDue(worker)).advanced).toEqual([rule.ref]);
  });

  test('waits for a person where the plan says so', async () => {
    const rule = await staged(planSchema.parse({ canarySeconds: 60, autoAdvance: false }));
    await over(rule.id);
    expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
  });

  test.each([
    [
      'a breaker is open',
      async (id: string) => fleet({ breakers: [{ ruleId: id, reason: 'x', since: 'y' }] }),
      /breaker is open/,
    ],
    ['an instance could not load', async () => fleet({ state: 'failed', activeSeq: 1 }), /could not load/],
    [
      'an instance is behind',
      async () => settled().then(() => fleet({ activeSeq: 1 })),
      /not taken the newest/,
    ],
  ])('is held, with the reason, when %s', async (_, trouble, reason) => {
    const rule = await staged();
    await over(rule.id);
    await trouble(rule.id);
    expect((await advanceDue(worker)).held).toEqual([rule.ref]);
    expect((await stageProgress(ana, rule.ref))?.heldReason).toMatch(reason);
    expect(await lastEvent(rule.id)).toMatchObject({ action: 'mitigation.hold', actorName: 'rollout' });
    expect((await advanceDue(worker)).advanced).toEqual([]);
  });

  test('is held when it hits far more than it should, or when people find its hits harmless', async () => {
    const rule = await staged();
    await over(rule.id);
    await traffic(rule.id, 100, 90);
    expect((await advanceDue(worker)).held).toEqual([rule.ref]);
    expect((await stageProgress(ana, rule.ref))?.heldReason).toMatch(/90 of about 100 decisions/);
  });
});

test('a stage says when its time is over, from the moment the rule begins, and what it has yet to show', async () => {
  await fleet();
  const rule = await staged(planSchema.parse({ canarySeconds: 60 }));
  const startsAt = new Date(Date.now() + 1_800_000);
  await db.mitigation.update({ where: { id: rule.id }, data: { startsAt } });
  const next = async () => (await stageProgress(ana, rule.ref))?.next;
  expect((await next())?.at).toEqual(new Date(startsAt.getTime() + 60_000));
  expect((await next())?.evidence).toMatchObject({ hits: 0, isEnough: false });
  await db.mitigation.update({ where: { id: rule.id }, data: { startsAt: null } });
  await over(rule.id);
  expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
  expect((await next())?.evidence?.missing).toMatch(/No hit in about \d+ decisions so far; 60 without one/);
  await traffic(rule.id, 100, 1);
  expect((await next())?.evidence).toMatchObject({ hits: 1, isEnough: true, missing: null });
  expect((await advanceDue(worker)).advanced).toEqual([rule.ref]);
});

describe('hold and resume', () => {
  test('a person holds it with a reason and lets it go on; its stage begins anew', async () => {
    const rule = await staged();
    await holdMitigation(bo, { mitigation: rule.ref, reason: 'waiting for the model team' });
    await over(rule.id);
    expect(await advanceDue(worker)).toEqual({ advanced: [], held: [] });
    const held = await stageProgress(ana, rule.ref);
    expect(held).toMatchObject({
      heldReason: 'waiting for the model team',
      next: { stage: 'canary', at: null },
    });
    await expect(holdMitigation(bo, { mitigation: rule.ref, reason: 'x' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await resumeMitigation(ana, { mitigation: rule.ref });
    const going = await stageProgress(ana, rule.ref);
    expect(going?.next?.at?.getTime()).toBeGreaterThan(Date.now());
    await expect(resumeMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('are refused to those who may not, and for what is not live', async () => {
    const rule = await staged();
    const reviewer = await person('reviewer');
    await expect(holdMitigation(reviewer, { mitigation: rule.ref, reason: 'x' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(resumeMitigation(reviewer, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    for (const act of [holdMitigation, resumeMitigation]) {
      const nothing = act(ana, { mitigation: newId(), reason: 'x' });
      await expect(nothing).rejects.toMatchObject({ code: 'not_found' });
    }
    await advanceMitigation(ana, { mitigation: rule.ref, to: 'full' });
    await expect(holdMitigation(ana, { mitigation: rule.ref, reason: 'x' })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
