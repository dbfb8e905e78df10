import { beforeEach, describe, expect, test } from 'vitest';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { publishSnapshot } from '#lib/rulesets/publish';
import { latestRuleset } from '#lib/rulesets/queries';
import { keyId, publicKeyPem, sign } from '#lib/rulesets/signing';
import { LIMITS, type Rule, type RuleMatcher } from '#sdk/rule';
import { openEnvelope } from '#sdk/snapshot';
import { ruleDesk } from '../../tests/rules.ts';
import { ruleDigest } from './content.ts';
import { controlProblem, GROWTH_FLOOR, growthProblem, maxHitRateOf } from './gates.ts';
import { approveMitigation, draftMitigation, publishMitigation } from './mutations.ts';
import { draftMitigationSchema } from './schema.ts';

// A bad rule has to get past drafting, publishing, the snapshot and every instance. Each is asked here with those
// before it switched off: the rule is written straight into the table, or signed by hand.

const { ana, bo, incident, input, draft } = await ruleDesk();

type Bad = { matcher: RuleMatcher; tests: Rule['tests'] };
const hitting = (text: string) => ({ mustMatch: [{ text }], mustNotMatch: [] });
const BAD: [string, Bad, RegExp][] = [
  [
    'matches everything',
    { matcher: { kind: 're2', pattern: '[\\s\\S]', ignoreCase: false }, tests: hitting('x') },
    /plainly harmless/,
  ],
  [
    'matches the empty string',
    { matcher: { kind: 're2', pattern: 'evil|', ignoreCase: false }, tests: hitting('evil') },
    /empty string/,
  ],
  [
    'a bait that multiplies',
    {
      matcher: { kind: 're2', pattern: '((a{1,100}){1,100}){1,10}b', ignoreCase: false },
      tests: hitting('ab'),
    },
    /cannot run|valid RE2|instructions/,
  ],
  [
    'a look-behind that only a backtracking engine has',
    { matcher: { kind: 're2', pattern: '(?<=a+)b', ignoreCase: false }, tests: hitting('ab') },
    /valid RE2|cannot run/,
  ],
  [
    'wrong vectors',
    { matcher: { kind: 'literal', text: 'evil(', ignoreCase: false }, tests: hitting('harmless') },
    /does not hit|fails its own tests/,
  ],
  [
    'oversized',
    {
      matcher: { kind: 'literal', text: 'e'.repeat(LIMITS.patternLength + 1), ignoreCase: false },
      tests: hitting('e'),
    },
    /too big|Too big|at most|<=/i,
  ],
];

/** As the publish verb leaves it just before the snapshot, or as a draft that somebody approved. */
async function inTheTable({ matcher, tests }: Bad, state: 'approved' | 'live'): Promise<string> {
  const id = newId();
  await db.mitigation.create({
    data: {
      id,
      incidentId: incident.id,
      title: 'Bad',
      scope: {},
      matcher,
      tests,
      target: 'completion',
      action: 'block',
      mode: 'enforce',
      expiresAt: new Date(Date.now() + 3_600_000),
      state,
      authorId: ana.id,
      ...(state === 'approved' && { approvals: { create: { version: 1, approverId: bo.id } } }),
    },
  });
  // What cannot even be read has no digest to approve.
  const row = await db.mitigation.findUniqueOrThrow({ where: { id }, include: { incident: true } });
  try {
    await db.mitigationApproval.updateMany({
      where: { mitigationId: id },
      data: { digest: ruleDigest(row) },
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  return id;
}

/** A snapshot of one rule, signed with the deployment's own key by somebody who skipped every check. */
function signedByHand({ matcher, tests }: Bad): string {
  const rule = {
    id: newId(),
    ref: 'R-1',
    version: 1,
    title: 'Bad',
    incident: null,
    scope: {},
    target: 'completion',
    matcher,
    action: 'block',
    mode: 'enforce',
    startsAt: null,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    tests,
  };
  const issuedAt = new Date().toISOString();
  const payload = JSON.stringify({ seq: 1_000, issuedAt, expiresAt: rule.expiresAt, rules: [rule] });
  return JSON.stringify({ payload, signature: sign(payload), keyId: keyId() });
}

beforeEach(async () => {
  await db.mitigation.updateMany({ where: { state: 'live' }, data: { state: 'withdrawn' } });
});

describe.each(BAD)('a rule that is bad: %s', (_, bad, reason) => {
  test('is not drafted', async () => {
    const parsed = draftMitigationSchema.safeParse(input({ ...bad, scope: {} }));
    if (!parsed.success) {
      expect(parsed.error.message).toMatch(reason);
      return;
    }
    await expect(draftMitigation(ana, parsed.data)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(reason),
    });
  });

  test('is not published, though it was drafted and approved', async () => {
    const before = await latestRuleset();
    const id = await inTheTable(bad, 'approved');
    await expect(publishMitigation(bo, { mitigation: id })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(reason),
    });
    expect(await latestRuleset()).toEqual(before);
  });

  test('does not get into a snapshot, though it is live', async () => {
    const before = await latestRuleset();
    await inTheTable(bad, 'live');
    await expect(db.$transaction((tx) => publishSnapshot(tx, 'test'))).rejects.toMatchObject({
      message: expect.stringMatching(reason),
    });
    expect(await latestRuleset()).toEqual(before);
  });

  test('is not loaded by an instance, though it was signed', () => {
    expect(() => openEnvelope(signedByHand(bad), [publicKeyPem()])).toThrow(reason);
  });
});

const share = (hits: number, total: number) => ({ hits, total, erased: 0, low: null, high: hits / total });
const measured = (hits: number, total: number) => ({
  notHarmful: {
    ...share(hits, total),
    reviewed: share(0, 1),
    control: share(hits, total),
    upperBound95: null,
  },
});
const enforced = {
  mode: 'enforce',
  action: 'block',
  matcher: { kind: 'literal', text: 'x', ignoreCase: false },
  fail: { onError: 'open', onStale: 'open' },
} as const;

test('what hits more than its share of the control sample is refused; shadow and few samples are not', async () => {
  expect(controlProblem(enforced, measured(6, 100))).toMatch(/6 of 100 control samples \(6 %\)/);
  expect(controlProblem(enforced, measured(5, 100))).toBeNull();
  expect(controlProblem(enforced, measured(10, 10))).toBeNull();
  expect(controlProblem({ ...enforced, mode: 'shadow' }, measured(60, 100))).toBeNull();
  expect(controlProblem(enforced, null)).toBeNull();
  // What it does where it fails counts as what it does.
  const flag = { ...enforced, action: 'flag' } as const;
  expect(controlProblem(flag, measured(60, 100))).toBeNull();
  for (const way of ['closed', 'require_review'] as const) {
    expect(
      controlProblem({ ...flag, fail: { onError: way, onStale: 'open' } }, measured(60, 100)),
    ).not.toBeNull();
    expect(
      controlProblem({ ...flag, fail: { onError: 'open', onStale: way } }, measured(60, 100)),
    ).not.toBeNull();
  }
});

test('a snapshot that more than doubles needs a word, and gets out with it', async () => {
  expect(growthProblem({ rules: 60, bytes: 1 }, { rules: 121, bytes: 1 })).toMatch(/60 to 121 rules/);
  expect(growthProblem({ rules: 60, bytes: 1 }, { rules: 120, bytes: 1 })).toBeNull();
  expect(growthProblem({ rules: 0, bytes: 0 }, GROWTH_FLOOR)).toBeNull();
  const { ref } = await draft(ana, {
    matcher: {
      kind: 'imports',
      packages: Array.from({ length: 9_000 }, (_, index) => `made-up-package-${index}`),
    },
    tests: { mustMatch: [{ text: 'import made_up_package_1', language: 'python' }], mustNotMatch: [] },
  });
  await approveMitigation(bo, { mitigation: ref });
  await expect(publishMitigation(ana, { mitigation: ref })).rejects.toMatchObject({
    code: 'conflict',
    fields: { acceptGrowth: expect.any(String) },
  });
  expect(await publishMitigation(ana, { mitigation: ref, acceptGrowth: true })).toMatchObject({ ref });
});

test('what an instance may see before it steps in: never less than half, everything where that is meant', () => {
  const literal = { matcher: { kind: 'literal', text: 'x', ignoreCase: false } } as const;
  expect(maxHitRateOf(literal, null)).toBe(0.5);
  expect(maxHitRateOf(literal, measured(20, 100))).toBe(1);
  expect(maxHitRateOf({ matcher: { kind: 'any' } }, null)).toBe(1);
});
