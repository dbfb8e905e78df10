import { describe, expect, test } from 'vitest';
import { approvalNeeded, BACKTEST_FRESH_MS, type Judged, type Measured } from './approval.ts';
import { planSchema, reaching, withCanaryOf } from './plan.ts';

const now = new Date('2026-11-23T03:00:00Z');
const narrow: Judged = {
  scope: { models: ['coder'], languages: ['python'] },
  matcher: { kind: 'literal', text: 'evil(', ignoreCase: false },
  action: 'block',
  mode: 'enforce',
  plan: planSchema.parse({ canarySeconds: 10 }),
  fail: { onError: 'open', onStale: 'open' },
  expiresAt: new Date(now.getTime() + 30 * 60_000),
};

/** As a back-test says it of `total` control samples. */
function hitting(hits: number, total: number): Measured {
  const share = { hits, total, erased: 0, low: null, high: total ? (hits + 3.84) / total : null };
  const upperBound95 = hits === 0 && total > 0 ? 3 / total : null;
  return {
    notHarmful: { ...share, reviewed: { ...share, hits: 0, total: 0 }, control: share, upperBound95 },
  };
}
const need = (rule: Partial<Judged>, backtest: Measured | null) =>
  approvalNeeded({ ...narrow, ...rule }, backtest, now);

test('narrow, short and rarely hitting needs nobody else', () => {
  expect(need({}, hitting(0, 5_000))).toMatchObject({ approvals: 0 });
});

test.each<[string, Partial<Judged>, Parameters<typeof need>[1], RegExp]>([
  ['everywhere', { scope: {} }, hitting(0, 5_000), /not narrow/],
  ['a model alone', { scope: { models: ['coder'] } }, hitting(0, 5_000), /not narrow/],
  ['two hours', { expiresAt: new Date(now.getTime() + 7_200_000) }, hitting(0, 5_000), /longer than 60/],
  ['no canary', { plan: planSchema.parse({ canarySeconds: 0 }) }, hitting(0, 5_000), /skips the canary/],
  [
    'a canary of a second',
    { plan: planSchema.parse({ canarySeconds: 1 }) },
    hitting(0, 5_000),
    /shorter than 10 seconds/,
  ],
  ['closed when stale', { fail: { onError: 'open', onStale: 'closed' } }, hitting(0, 5_000), /cut off/],
  [
    'a flag that blocks on error',
    { action: 'flag', fail: { onError: 'closed', onStale: 'open' } },
    hitting(0, 5_000),
    /blocks everything in its scope/,
  ],
  ['never tried', {}, null, /not been back-tested/],
  ['no control data', {}, hitting(0, 0), /no control data/],
  ['too little to know', {}, hitting(0, 1_000), /up to 0\.3 %/],
  ['hits harmless traffic', {}, hitting(20, 5_000), /of harmless traffic/],
])('%s needs somebody else, and says so', (_, rule, backtest, reason) => {
  const { approvals, reasons } = need(rule, backtest);
  expect(approvals).toBe(1);
  expect(reasons.join(' ')).toMatch(reason);
});

test('what changes no answer needs nobody else', () => {
  expect(need({ mode: 'shadow', scope: {} }, null).approvals).toBe(0);
  expect(need({ action: 'flag', scope: {} }, null).approvals).toBe(0);
});

test('a tenant alone is narrow', () => {
  expect(need({ scope: { tenants: ['acme'] } }, hitting(0, 5_000)).approvals).toBe(0);
});

test('what people decided to be benign does not make a rule look rare: the control sample counts by itself', () => {
  const { notHarmful: few } = hitting(0, 100);
  const { notHarmful: many } = hitting(0, 100_000);
  const { approvals, reasons } = need({}, { notHarmful: { ...many, control: few.control } });
  expect(approvals).toBe(1);
  expect(reasons.join(' ')).toMatch(/up to 3 %/);
});

test('a back-test counts for a day', () => {
  const aged = (ms: number) => ({ ...hitting(0, 5_000), finishedAt: new Date(now.getTime() - ms) });
  expect(need({}, aged(BACKTEST_FRESH_MS)).approvals).toBe(0);
  const { approvals, reasons } = need({}, aged(BACKTEST_FRESH_MS + 1));
  expect(approvals).toBe(1);
  expect(reasons.join(' ')).toMatch(/older than a day/);
});

describe('a canary tries a rule on a few before it reaches all', () => {
  const SECONDS = [0, 1, 9, 10, 30, 60, 604_800];
  const SHARES = [0, 0.001, 1, 10, 33, 49.9, 50, 50.1, 90, 99.9, 100];
  const everything = { matcher: { kind: 'any' } } as const;
  const plans = SECONDS.flatMap((canarySeconds) =>
    SHARES.flatMap((canaryInstances) =>
      SHARES.filter((share) => share > 0).flatMap((canaryRequests) =>
        [0, 60].flatMap((shadowSeconds) =>
          [true, false].map((autoAdvance) =>
            planSchema.parse({ canarySeconds, canaryInstances, canaryRequests, shadowSeconds, autoAdvance }),
          ),
        ),
      ),
    ),
  );

  test('every plan: long enough and on a small part needs nobody else; all others as many as everything does', () => {
    const needed = new Map<string, number>();
    for (const plan of plans) {
      const { canarySeconds, canaryInstances, canaryRequests } = plan;
      const acting = canaryInstances * canaryRequests;
      const tries = canarySeconds >= 10 && acting >= 100 && acting <= 5_000;
      const { approvals, reasons } = need({ plan }, hitting(0, 5_000));
      const most = need({ ...everything, plan }, hitting(0, 5_000)).approvals;
      expect([approvals, most], JSON.stringify(plan)).toEqual([tries ? 0 : 1, 1]);
      if (!tries) expect(reasons).toEqual([expect.stringMatching(/canary/)]);
      needed.set(`${tries}`, (needed.get(`${tries}`) ?? 0) + 1);
    }
    expect(Math.min(...needed.values())).toBeGreaterThan(100);
  });

  test('whatever it acts on: a rule that changes no answer needs nobody, by no plan', () => {
    for (const plan of plans) {
      expect(need({ plan, action: 'flag' }, null).approvals).toBe(0);
      expect(need({ plan, mode: 'shadow' }, null).approvals).toBe(0);
    }
  });

  test('the instances that are there decide: on the only one there is, a canary is the whole', () => {
    const rule = '0198c0de-0000-7000-8000-000000000001';
    const fleet = (size: number) => Array.from({ length: size }, (_, index) => `chat-${index}`);
    for (const ids of [1, 2, 3, 12, 200].map(fleet)) {
      const plan = reaching(withCanaryOf(planSchema.parse({ canarySeconds: 10 }), rule, ids), rule, ids);
      const { approvals } = need({ plan }, hitting(0, 5_000));
      expect([ids.length, approvals]).toEqual([ids.length, plan.canaryInstances > 50 ? 1 : 0]);
      if (ids.length === 1) expect(plan.canaryInstances).toBe(100);
      // Half of its requests are half of the traffic.
      expect(need({ plan: { ...plan, canaryRequests: 40 } }, hitting(0, 5_000)).approvals).toBe(0);
    }
    expect(reaching(planSchema.parse({}), rule, [])).toEqual(planSchema.parse({}));
  });
});
