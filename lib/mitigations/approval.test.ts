import { expect, test } from 'vitest';
import { approvalNeeded, BACKTEST_FRESH_MS, type Judged, type Measured } from './approval.ts';

const now = new Date('2026-11-23T03:00:00Z');
const narrow: Judged = {
  scope: { models: ['coder'], languages: ['python'] },
  matcher: { kind: 'literal', text: 'evil(', ignoreCase: false },
  action: 'block',
  mode: 'enforce',
  plan: { canarySeconds: 10 },
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
  ['no canary', { plan: { canarySeconds: 0 } }, hitting(0, 5_000), /skips the canary/],
  ['a canary of a second', { plan: { canarySeconds: 1 } }, hitting(0, 5_000), /shorter than 10 seconds/],
  ['closed when stale', { fail: { onError: 'open', onStale: 'closed' } }, hitting(0, 5_000), /cut off/],
  [
    'a flag that blocks on error',
    { action: 'flag', fail: { onError: 'closed', onStale: 'open' } },
    hitting(0, 5_000),
    /blocks all of its scope/,
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
