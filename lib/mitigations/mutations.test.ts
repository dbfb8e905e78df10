import { beforeAll, describe, expect, test } from 'vitest';
import { systemActor, type UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { latestRuleset } from '#lib/rulesets/queries';
import { type Snapshot, snapshotSchema } from '#sdk/rule';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import {
  approveMitigation,
  draftMitigation,
  editMitigation,
  expireMitigations,
  publishMitigation,
  withdrawMitigation,
} from './mutations.ts';
import { getMitigation } from './queries.ts';
import type { DraftMitigation } from './schema.ts';

let ana: UserActor;
let bo: UserActor;
let auditor: UserActor;
let incident: { id: string; ref: string };

beforeAll(async () => {
  ana = await person('commander', 'Ana');
  bo = await person('commander', 'Bo');
  auditor = await person('auditor');
  const row = await db.incident.create({ data: { id: newId(), title: 'Injection', severity: 'sev2' } });
  incident = { id: row.id, ref: `INC-${row.number}` };
  for (const name of ['a', 'b']) {
    const completion = `def find_${name}(n):\n    cursor.execute("SELECT 1 WHERE n = '" + n + "'")\n`;
    const interactionId = await flagged({ completion });
    await db.incidentInteraction.create({ data: { incidentId: incident.id, interactionId } });
  }
});

function input(overrides: Partial<DraftMitigation> = {}): DraftMitigation {
  return {
    incident: incident.ref,
    title: 'SQL built by concatenation',
    scope: { languages: ['python'] },
    matcher: { kind: 're2', pattern: String.raw`execute\("SELECT [^"]*" \+`, ignoreCase: false },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: 180,
    ...overrides,
  };
}

const draft = (actor = ana, overrides: Partial<DraftMitigation> = {}) =>
  draftMitigation(actor, input(overrides));

async function approved(overrides: Partial<DraftMitigation> = {}) {
  const rule = await draft(ana, overrides);
  await approveMitigation(bo, { mitigation: rule.ref, version: 1 });
  return rule;
}

async function live() {
  const rule = await approved();
  return { ...rule, ...(await publishMitigation(ana, { mitigation: rule.ref })) };
}

async function newest(): Promise<Snapshot> {
  return snapshotSchema.parse(JSON.parse((await latestRuleset())?.payload ?? ''));
}

async function lastEvent(id: string) {
  const event = await db.event.findFirstOrThrow({ where: { subjectId: id }, orderBy: { id: 'desc' } });
  expect(event.incidentId).toBe(incident.id);
  return { action: event.action, actorName: event.actorName, data: JSON.parse(event.body).data };
}

const nowhere = newId();

describe('draft', () => {
  test('keeps the rule with tests from the linked interactions, and its event', async () => {
    const rule = await draft();
    const stored = await getMitigation(ana, rule.ref);
    expect(stored).toMatchObject({ state: 'draft', version: 1, author: { name: 'Ana' }, approvals: [] });
    expect(stored.tests.mustMatch.map((vector) => vector.text)).toEqual([
      expect.stringContaining('find_a'),
      expect.stringContaining('find_b'),
    ]);
    expect(await lastEvent(rule.id)).toMatchObject({
      action: 'mitigation.draft',
      actorName: 'Ana',
      data: { ref: rule.ref, version: 1, digest: stored.digest, action: 'block', mode: 'enforce' },
    });
  });

  test('is refused without the permission, and changes nothing', async () => {
    const before = await db.mitigation.count();
    await expect(draft(auditor)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(draft(await person('reviewer'))).rejects.toMatchObject({ code: 'forbidden' });
    expect(await db.mitigation.count()).toBe(before);
  });

  test('of an unknown incident is not found', async () => {
    await expect(draft(ana, { incident: 'INC-99999' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(draft(ana, { incident: nowhere })).rejects.toMatchObject({ code: 'not_found' });
  });

  const re2 = (pattern: string) => ({ kind: 're2' as const, pattern, ignoreCase: false });
  test.each<[string, Partial<DraftMitigation>, string, RegExp]>([
    ['an invalid pattern', { matcher: re2('(a') }, 'matcher.pattern', /not valid RE2/],
    ['a backreference', { matcher: re2('(a)\\1') }, 'matcher.pattern', /not valid RE2/],
    ['an empty match', { matcher: re2('a*') }, 'matcher.pattern', /empty string/],
    ['a word boundary', { matcher: re2('\\b') }, 'matcher.pattern', /without any text/],
    ['no hit', { matcher: re2('nowhere') }, 'matcher.pattern', /none of the 2 linked interactions/],
    ['a scope that leaves all out', { scope: { languages: ['go'] } }, 'matcher.pattern', /none of the 2/],
    [
      'a test of its own that fails',
      { tests: { mustMatch: [{ text: 'no' }], mustNotMatch: [] } },
      'tests.mustMatch.0',
      /does not hit/,
    ],
    [
      'a text it must leave alone',
      { tests: { mustNotMatch: [{ text: 'execute("SELECT 1" +' }] } },
      'tests.mustNotMatch.0',
      /hits/,
    ],
  ])('refuses %s beside its field', async (_, overrides, field, message) => {
    const refused = await draft(ana, overrides).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'invalid', fields: { [field]: expect.stringMatching(message) } });
  });

  test('drafts of one incident at the same time all succeed', async () => {
    const rules = await Promise.all(Array.from({ length: 6 }, () => draft()));
    expect(new Set(rules.map((rule) => rule.ref)).size).toBe(6);
  });
});

describe('edit', () => {
  test('makes the next version, clears the approval and leaves its event', async () => {
    const rule = await approved();
    const edited = await editMitigation(ana, { mitigation: rule.ref, version: 1, action: 'flag' });
    expect(edited).toMatchObject({ version: 2, state: 'draft' });
    const stored = await getMitigation(ana, rule.id);
    expect(stored.approvals).toMatchObject([{ version: 1, approver: 'Bo', counts: false }]);
    expect(stored).toMatchObject({ action: 'flag', matcher: input().matcher, mode: 'enforce' });
    expect(await lastEvent(rule.id)).toMatchObject({
      action: 'mitigation.edit',
      data: { version: 2, clearedApproval: true, digest: stored.digest },
    });
    await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('of another matcher takes new tests', async () => {
    const rule = await draft();
    const matcher = { kind: 'literal' as const, text: 'find_b', ignoreCase: false };
    await editMitigation(ana, { mitigation: rule.ref, version: 1, matcher });
    const { tests } = await getMitigation(ana, rule.ref);
    expect(tests.mustMatch).toHaveLength(1);
  });

  test('whoever writes a version cannot approve it, and the earlier author then can', async () => {
    const rule = await draft();
    await editMitigation(bo, { mitigation: rule.ref, version: 1, mode: 'shadow' });
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await approveMitigation(ana, { mitigation: rule.ref });
  });

  test('of a version that is gone, or a live rule, is a conflict that says who did what', async () => {
    const rule = await live();
    await expect(
      editMitigation(bo, { mitigation: rule.ref, version: 1, mode: 'shadow' }),
    ).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/is live \(published by Ana at /),
    });
    const other = await draft();
    await editMitigation(ana, { mitigation: other.ref, version: 1, mode: 'shadow' });
    await expect(
      editMitigation(bo, { mitigation: other.ref, version: 1, mode: 'enforce' }),
    ).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/version 2, not 1 \(edited by Ana/),
    });
  });

  test('is refused without the permission or the rule', async () => {
    const rule = await draft();
    const edit = { mitigation: rule.ref, version: 1, mode: 'shadow' as const };
    await expect(editMitigation(auditor, edit)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(editMitigation(ana, { ...edit, mitigation: 'R-99999' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('approve', () => {
  test('by somebody else counts and leaves its event', async () => {
    const rule = await approved();
    const stored = await getMitigation(ana, rule.ref);
    expect(stored).toMatchObject({ state: 'approved', approvals: [{ approver: 'Bo', counts: true }] });
    expect(await lastEvent(rule.id)).toMatchObject({
      action: 'mitigation.approve',
      actorName: 'Bo',
      data: { approvers: [bo.id], digest: stored.digest },
    });
  });

  test('by the author is refused, also through a key of theirs', async () => {
    const rule = await draft();
    await expect(approveMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('Somebody else must approve'),
    });
    const key = await machine(['respond'], ana.id);
    await expect(approveMitigation(key, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('two keys of one person are one person; a key of nobody is none', async () => {
    const [one, two] = [await machine(['respond'], ana.id), await machine(['respond'], ana.id)];
    const rule = await draftMitigation(one, input());
    await expect(approveMitigation(two, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const nobody = await machine(['respond'], null);
    await expect(approveMitigation(nobody, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await approveMitigation(await machine(['respond'], bo.id), { mitigation: rule.ref });
  });

  test('of a version nobody sees any more, or twice, is a conflict', async () => {
    const rule = await draft();
    await editMitigation(ana, { mitigation: rule.ref, version: 1, mode: 'shadow' });
    await expect(approveMitigation(bo, { mitigation: rule.ref, version: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await approveMitigation(bo, { mitigation: rule.ref, version: 2 });
    await expect(approveMitigation(bo, { mitigation: rule.ref, version: 2 })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/is approved \(approved by Bo/),
    });
  });

  test('is refused without the permission or the rule', async () => {
    const rule = await draft();
    const lead = await person('lead');
    await expect(approveMitigation(lead, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(approveMitigation(bo, { mitigation: nowhere })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('publish', () => {
  test('puts the approved rule into the next snapshot and leaves its event', async () => {
    const rule = await approved();
    const before = (await latestRuleset())?.seq ?? 0;
    const published = await publishMitigation(ana, { mitigation: rule.ref });
    expect(published).toMatchObject({ seq: before + 1, ref: rule.ref, breakGlass: false });
    const carried = (await newest()).rules.find(({ id }) => id === rule.id);
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
    const rule = await draft();
    await expect(publishMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    const published = await publishMitigation(ana, { mitigation: rule.ref, breakGlassReason });
    expect(published.breakGlass).toBe(true);
    const minutes = (published.expiresAt.getTime() - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(59.5);
    expect(minutes).toBeLessThanOrEqual(60);
    const carried = (await newest()).rules.find(({ id }) => id === rule.id);
    expect(carried?.expiresAt).toBe(published.expiresAt.toISOString());
    expect((await lastEvent(rule.id)).data).toMatchObject({ breakGlass: true, reason: breakGlassReason });
  });

  test('by break-glass never makes a short rule longer, and leaves an approved one its end', async () => {
    const short = await draft(ana, { expiresInMinutes: 5 });
    const breakGlassReason = 'Nobody else is awake and tokens leak';
    const first = await publishMitigation(ana, { mitigation: short.ref, breakGlassReason });
    expect(first.expiresAt).toEqual(short.expiresAt);
    const long = await approved();
    const second = await publishMitigation(ana, { mitigation: long.ref, breakGlassReason });
    expect(second).toMatchObject({ breakGlass: false, expiresAt: long.expiresAt });
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
    await db.mitigation.update({ where: { id: rule.id }, data: { expiresAt: new Date(Date.now() - 1) } });
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
    expect((await newest()).rules.some(({ id }) => id === rule.id)).toBe(false);
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
    const left = (await newest()).rules.map(({ id }) => id);
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
