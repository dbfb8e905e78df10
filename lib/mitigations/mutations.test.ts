import { describe, expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { machine, person } from '../../tests/fixtures.ts';
import { newestSnapshot, ruleDesk } from '../../tests/rules.ts';
import { approveMitigation, draftMitigation, editMitigation, publishMitigation } from './mutations.ts';
import { getMitigation } from './queries.ts';
import { type DraftMitigation, draftMitigationSchema } from './schema.ts';

const { ana, bo, auditor, input, draft, approved, live, lastEvent } = await ruleDesk();
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
    ['a scope that leaves all out', { scope: { languages: ['go'] } }, 'scope', /none of the 2/],
    ['a condition that leaves all out', { when: 'tier == "nobody"' }, 'when', /none of the 2/],
    ['a condition that is none', { when: 'tier ==' }, 'when', /not valid CEL/],
    [
      'tests that show nothing',
      { tests: { mustMatch: [], mustNotMatch: [] } },
      'tests.mustMatch',
      /at least one text/,
    ],
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
    const edited = await editMitigation(ana, { mitigation: rule.ref, version: 1, action: 'warn' });
    expect(edited).toMatchObject({ version: 2, state: 'draft' });
    const stored = await getMitigation(ana, rule.id);
    expect(stored.approvals).toMatchObject([{ version: 1, approver: 'Bo', counts: false }]);
    expect(stored).toMatchObject({ action: 'warn', matcher: input().matcher, mode: 'enforce' });
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

  test('keeps what the rule was to leave alone, as far as it still does', async () => {
    const leave = [{ text: 'find_b is fine here' }, { text: 'nothing of all that' }];
    const rule = await draft(ana, { tests: { mustNotMatch: leave } });
    await editMitigation(ana, { mitigation: rule.ref, version: 1, scope: {} });
    expect((await getMitigation(ana, rule.ref)).tests.mustNotMatch).toEqual(leave);
    const matcher = { kind: 'literal' as const, text: 'find_b', ignoreCase: false };
    await editMitigation(ana, { mitigation: rule.ref, version: 2, matcher });
    expect((await getMitigation(ana, rule.ref)).tests.mustNotMatch).toEqual(leave.slice(1));
  });

  test('whoever writes a version cannot approve it, and the earlier author then can', async () => {
    const rule = await draft();
    await editMitigation(bo, { mitigation: rule.ref, version: 1, mode: 'shadow' });
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await approveMitigation(ana, { mitigation: rule.ref });
  });

  test('makes it theirs who changed what it does: another title changes nobody, a key leaves nobody out', async () => {
    const rule = await draft();
    await editMitigation(bo, { mitigation: rule.ref, version: 1, title: 'Another name' });
    const key = await machine(['respond'], bo.id);
    await editMitigation(key, { mitigation: rule.ref, version: 2, action: 'warn' });
    expect(await getMitigation(ana, rule.ref)).toMatchObject({ author: { name: 'Bo' } });
    await expect(approveMitigation(ana, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(editMitigation(bo, { mitigation: rule.ref, version: 3 })).rejects.toThrow(
      'Nothing is changed',
    );
    // The key that he holds may have been in his hand.
    await expect(approveMitigation(bo, { mitigation: rule.ref })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await approveMitigation(await person('commander', 'Cy'), { mitigation: rule.ref });
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

  test('a key cannot be the second person: it cannot say who holds it', async () => {
    const rule = await draftMitigation(await machine(['respond'], ana.id), input());
    for (const maker of [ana.id, bo.id, null]) {
      const key = await machine(['respond'], maker);
      await expect(approveMitigation(key, { mitigation: rule.ref })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
    await approveMitigation(bo, { mitigation: rule.ref });
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

test('a rule may begin later than its publish, and before its end only', async () => {
  const startsAt = new Date(Date.now() + 600_000).toISOString();
  const rule = await approved({ startsAt });
  await publishMitigation(ana, { mitigation: rule.ref });
  const carried = (await newestSnapshot()).rules.find(({ id }) => id === rule.id);
  expect(carried?.startsAt).toBe(startsAt);
  const late = draftMitigationSchema.safeParse({ ...input({ expiresInMinutes: 5 }), startsAt });
  expect(late.error?.issues).toMatchObject([{ path: ['startsAt'] }]);
});
