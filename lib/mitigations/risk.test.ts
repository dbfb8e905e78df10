import { expect, test } from 'vitest';
import { missWords, percent, riskOf } from './risk.ts';

const share = (hits: number, total: number) => ({ hits, total, erased: 0, low: null, high: null });

function result(hits: number, total: number): Parameters<typeof riskOf>[1] {
  const upperBound95 = hits === 0 && total > 0 ? 3 / total : null;
  return {
    notHarmful: { ...share(hits, total), reviewed: share(hits, total), control: share(0, 0), upperBound95 },
  };
}

const block: Parameters<typeof riskOf>[0] = {
  scope: { languages: ['go'] },
  matcher: { kind: 'literal', text: 'evil(', ignoreCase: false },
  mode: 'enforce',
  action: 'block',
  fail: { onError: 'open', onStale: 'open' },
};

test.each<[Parameters<typeof riskOf>[0], Parameters<typeof riskOf>[1], string, string]>([
  [block, result(0, 2_140), 'low', 'at most 0.14 %'],
  [block, result(0, 0), 'raised', 'No control data'],
  [block, result(1, 400), 'raised', '1 of 400 interactions that were not harmful (0.25 %)'],
  [block, result(20, 400), 'high', '(5 %)'],
  [{ ...block, scope: {} }, result(0, 30), 'raised', 'every model, language and tenant'],
  [{ ...block, mode: 'shadow' }, result(20, 400), 'low', 'shadow only counts'],
])('says what could go wrong', (rule, backtest, level, words) => {
  const risk = riskOf(rule, backtest);
  expect(risk.level).toBe(level);
  expect(risk.words).toContain(words);
});

test('says when a rule hits nothing of what it is for', () => {
  expect(missWords({ cluster: share(0, 1_200), incident: share(0, 0) })).toBe(
    'It hits none of the 1,200 interactions that it is for.',
  );
  expect(missWords({ cluster: share(0, 12), incident: share(1, 3) })).toBeNull();
  expect(missWords({ cluster: null, incident: share(0, 0) })).toBeNull();
});

test('gives a share the digits it carries', () => {
  expect([percent(0.3), percent(0.0014), percent(0.123), percent(1)]).toEqual([
    '30 %',
    '0.14 %',
    '12 %',
    '100 %',
  ]);
});
