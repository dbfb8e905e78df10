import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { raiseMark } from '#lib/rulesets/mutations';
import { latestRuleset } from '#lib/rulesets/queries';
import { machine, person } from '../../tests/fixtures.ts';
import { backtested, newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import {
  approveMitigation,
  editMitigation,
  expireMitigations,
  publishMitigation,
  withdrawMitigation,
} from './mutations.ts';
import { getMitigation } from './queries.ts';

const { ana, bo, auditor, incident, draft, approved, live, lastEvent } = await ruleDesk();
const nowhere = newId();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

// Glass that was broken in one test is not to be remembered in the next.
beforeEach(async () => {
  await db.mitigation.updateMany({ data: { breakGlassReason: null, approvalDueAt: null } });
});

/** A draft whose back-test says how much harmless traffic it hits: without that nobody sends it out alone. */
async function measured(...input: Parameters<typeof draft>) {
  const rule = await draft(...input);
  await backtested(rule.id);
  return rule;
}

describe('publish', () => {
  test('puts the approved rule into the next snapshot and leaves its event', async () => {
    const rule = await approved();
    const before = (await latestRuleset())?.seq ?? 0;
    const published = await publishMitigation(ana, { mitigation: rule.ref });
    expect(published).toMatchObject({ seq: before + 1, ref: rule.ref, breakGlass: false });
    const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
    expect(carried).toMatchObject({ ref: rule.ref, incident: incident.ref, action: 'block' });
    const stored = await getMitigation(ana, rule.ref);
    expect(stored).toMatchObject({ state: 'live', publishedSeq: published.seq, breakGlassReason: null });
    expect(await lastEvent(rule.id)).toMatchObject({
      action: 'mitigation.publish',
      data: {
        ref: rule.ref,
        seq: published.seq,
        approvers: [bo.id],
        breakGlass: false,
        digest: stored.digest,
      },
    });
  });

  test('without an approval needs a typed reason, and then ends within the hour', async () => {
    const rule = await measured();
    await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    const published = await publishMitigation(ana, { mitigation: rule.ref, breakGlassReason });
    expect(published.breakGlass).toBe(true);
    const minutes = (published.expiresAt.getTime() - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(59.5);
    expect(minutes).toBeLessThanOrEqual(60);
    const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
    // Every instance ends it by itself when nobody comes: half an hour, not the whole.
    const half = Date.parse(carried?.expiresAt ?? '') - Date.now();
    expect(half).toBeLessThanOrEqual(30 * 60_000);
    expect(half).toBeGreaterThan(29 * 60_000);
    expect((await lastEvent(rule.id)).data).toMatchObject({ breakGlass: true, reason: breakGlassReason });
  });

  test('a second person lets a rule that broke glass live out its hour; the one who broke it cannot', async () => {
    const rule = await measured();
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    const cy = await person('commander');
    const published = await publishMitigation(cy, { mitigation: rule.ref, breakGlassReason });
    for (const own of [ana, cy]) {
      await expect(approveMitigation(own, { mitigation: rule.ref })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
    const approval = await approveMitigation(bo, { mitigation: rule.ref });
    expect(approval).toMatchObject({ state: 'live', seq: published.seq + 1 });
    const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
    expect(carried?.expiresAt).toBe(published.expiresAt.toISOString());
    expect((await lastEvent(rule.id)).action).toBe('mitigation.ratify');
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('glass is broken once for an incident that nobody has come for', async () => {
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    const first = await measured();
    await publishMitigation(ana, { mitigation: first.ref, breakGlassReason });
    await withdrawMitigation(ana, { mitigation: first.ref, reason: 'its half hour is nearly over' });
    const again = await measured();
    await expect(publishMitigation(ana, { mitigation: again.ref, breakGlassReason })).rejects.toThrow(
      first.ref,
    );
    await approveMitigation(bo, { mitigation: again.ref });
    expect(await publishMitigation(ana, { mitigation: again.ref })).toMatchObject({ breakGlass: false });
  });

  test('where nobody comes, it ends: for the worker and in every later snapshot', async () => {
    const rule = await measured();
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    await publishMitigation(ana, { mitigation: rule.ref, breakGlassReason });
    await db.mitigation.update({ where: { id: rule.id }, data: { approvalDueAt: new Date(Date.now() - 1) } });
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toMatchObject({ code: 'conflict' });
    expect((await expireMitigations(systemActor('expiry'))).expired).toEqual([rule.ref]);
    expect((await newestSnapshot()).rules.map(({ id }) => id)).not.toContain(rule.id);
  });

  test('asks a person whose sign-in is old to confirm that it is them; their key is not asked', async () => {
    const rule = await approved();
    const di = await person('commander');
    await db.confirmation.deleteMany({ where: { userId: di.id } });
    await expect(publishMitigation(di, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
      fields: { password: expect.any(String) },
    });
    await publishMitigation(await machine(['respond'], di.id), { mitigation: rule.ref });
  });

  test('leaves evidence that can be worked out again from what is kept', async () => {
    const rule = await approved();
    const { seq } = await publishMitigation(ana, { mitigation: rule.ref });
    const { data } = await lastEvent(rule.id);
    const payload = (await db.ruleset.findUniqueOrThrow({ where: { seq } })).payload;
    expect(data.evidence.after).toEqual({ seq, sha256: sha256(payload) });
    expect(data.evidence.items.count).toBe(2);
    expect(data.evidenceSha256).toBe(sha256(canonicalize(data.evidence) ?? ''));
  });

  test('refuses a rule that would end before it begins, whichever of the two was set last', async () => {
    const inTwoHours = new Date(Date.now() + 2 * 3_600_000).toISOString();
    const shortened = await draft(ana, { startsAt: inTwoHours, expiresInMinutes: 180 });
    await editMitigation(ana, { mitigation: shortened.ref, version: 1, expiresInMinutes: 60 });
    const postponed = await draft(ana, { expiresInMinutes: 60 });
    await editMitigation(ana, { mitigation: postponed.ref, version: 1, startsAt: inTwoHours });
    for (const { ref } of [shortened, postponed]) {
      await approveMitigation(bo, { mitigation: ref });
      await expect(publishMitigation(ana, { mitigation: ref })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('before it begins'),
      });
    }
  });

  test('names the ruleset before it as evidence, also where numbers went on with a gap', async () => {
    const { seq: before } = await live();
    await raiseMark(systemActor('feed'), { seq: before + 5, source: 'a copy' });
    const { id, seq } = await live();
    const { payload } = await db.ruleset.findUniqueOrThrow({ where: { seq: before } });
    expect(seq).toBe(before + 6);
    expect((await lastEvent(id)).data.evidence.before).toEqual({ seq: before, sha256: sha256(payload) });
  });

  test('by break-glass never makes a short rule longer, and leaves an approved one its end', async () => {
    const short = await measured(ana, { expiresInMinutes: 5 });
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    const first = await publishMitigation(ana, { mitigation: short.ref, breakGlassReason });
    expect(first.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(5 * 60_000);
    const until = new Date(Date.now() + 180 * 60_000);
    const long = await approved({ expiresInMinutes: undefined, expiresAt: until.toISOString() });
    const second = await publishMitigation(ana, { mitigation: long.ref, breakGlassReason });
    expect(second).toMatchObject({ breakGlass: false, expiresAt: until });
  });

  test('twice at the same time: one wins, the other hears who did', async () => {
    const rule = await approved();
    const before = (await latestRuleset())?.seq ?? 0;
    const both = await Promise.allSettled([
      publishMitigation(ana, { mitigation: rule.ref }),
      publishMitigation(bo, { mitigation: rule.ref }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = both.find((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/published by (Ana|Bo)/),
    });
    expect((await latestRuleset())?.seq).toBe(before + 1);
  });

  test('after its end is a conflict, and nothing goes out', async () => {
    const rule = await approved();
    await db.mitigation.update({
      where: { id: rule.id },
      data: { lifeMinutes: null, expiresAt: new Date(Date.now() - 1) },
    });
    const before = await latestRuleset();
    await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await latestRuleset()).toEqual(before);
  });

  test('for an incident that is over is a conflict; so is a new draft', async () => {
    const rule = await approved();
    await db.incident.update({ where: { id: incident.id }, data: { state: 'dismissed' } });
    const refused = { code: 'conflict', message: expect.stringContaining('is dismissed') };
    try {
      await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject(refused);
      await expect(draft()).rejects.toMatchObject(refused);
    } finally {
      await db.incident.update({ where: { id: incident.id }, data: { state: 'mitigating' } });
    }
  });

  test('many rules of one incident while others expire: nothing deadlocks, every number is used once', async () => {
    const [one, two, three] = [await approved(), await approved(), await approved()];
    const due = [await live(), await live()].map(({ id }) => id);
    await db.mitigation.updateMany({ where: { id: { in: due } }, data: { expiresAt: new Date(0) } });
    const before = (await latestRuleset())?.seq ?? 0;
    const [expired, ...published] = await Promise.all([
      expireMitigations(systemActor('rule expiry')),
      ...[one, two, three].map(({ ref }) => publishMitigation(ana, { mitigation: ref })),
    ]);
    const seqs = [expired.seq ?? 0, ...published.map(({ seq }) => seq)].sort((a, b) => a - b);
    expect(seqs).toEqual([1, 2, 3, 4].map((step) => before + step));
  });

  test('is refused without the permission or the rule', async () => {
    const rule = await approved();
    const lead = await person('lead');
    await expect(publishMitigation(lead, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const feedKey = await machine(['feed'], bo.id);
    await expect(publishMitigation(feedKey, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(publishMitigation(ana, { mitigation: 'R-0' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('withdraw', () => {
  test('publishes the next snapshot without the rule and leaves its event', async () => {
    const rule = await live();
    const withdrawn = await withdrawMitigation(bo, { mitigation: rule.ref, reason: 'The model is fixed' });
    expect(withdrawn.seq).toBe(rule.seq + 1);
    expect((await newestSnapshot()).rules.some(({ id }) => id === rule.id)).toBe(false);
    expect(await getMitigation(ana, rule.ref)).toMatchObject({ state: 'withdrawn', endedSeq: withdrawn.seq });
    expect(await lastEvent(rule.id)).toMatchObject({
      action: 'mitigation.withdraw',
      data: { seq: withdrawn.seq, reason: 'The model is fixed' },
    });
  });

  test('of a draft drops it without a snapshot', async () => {
    const rule = await draft();
    const before = await latestRuleset();
    const dropped = await withdrawMitigation(ana, { mitigation: rule.ref, reason: 'Wrong idea' });
    expect(dropped.seq).toBeNull();
    expect(await latestRuleset()).toEqual(before);
  });

  test('twice is a conflict; without the permission or the rule it is refused', async () => {
    const rule = await live();
    const end = { mitigation: rule.ref, reason: 'Done' };
    await expect(withdrawMitigation(auditor, end)).rejects.toMatchObject({ code: 'forbidden' });
    await withdrawMitigation(ana, end);
    await expect(withdrawMitigation(bo, end)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/withdrawn by Ana/),
    });
    await expect(withdrawMitigation(ana, { ...end, mitigation: nowhere })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('expire', () => {
  test('ends all that are due in one snapshot, each with its event, and only once', async () => {
    const rules = [await live(), await live()];
    const stays = await live();
    const ids = rules.map(({ id }) => id);
    await db.mitigation.updateMany({
      where: { id: { in: ids } },
      data: { expiresAt: new Date(Date.now() - 1_000) },
    });
    const clock = systemActor('rule expiry');
    const before = (await latestRuleset())?.seq ?? 0;
    const answers = await Promise.all([expireMitigations(clock), expireMitigations(clock)]);
    const did = answers.filter(({ seq }) => seq !== null);
    expect(did).toEqual([{ expired: rules.map(({ ref }) => ref), seq: before + 1 }]);
    expect(await expireMitigations(clock)).toEqual({ expired: [], seq: null });
    const left = (await newestSnapshot()).rules.map(({ id }) => id);
    expect(left).toContain(stays.id);
    for (const rule of rules) {
      expect(left).not.toContain(rule.id);
      expect(await getMitigation(ana, rule.ref)).toMatchObject({ state: 'expired', endedSeq: before + 1 });
      expect(await lastEvent(rule.id)).toMatchObject({
        action: 'mitigation.expire',
        actorName: 'rule expiry',
        data: { seq: before + 1 },
      });
    }
  });

  test('is not for reviewers', async () => {
    await expect(expireMitigations(await person('reviewer'))).rejects.toMatchObject({ code: 'forbidden' });
  });
});
