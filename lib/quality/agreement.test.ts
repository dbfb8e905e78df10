import { expect, test } from 'vitest';
import { agreementOf, type Cell, kappaOf, type Rating } from './agreement.ts';
import { seeded } from './bootstrap.ts';
import { shareInterval } from './interval.ts';

/** One line per rater, one character per item, a point where the rater has none. */
function matrix(...raters: string[]): Rating[] {
  return raters.flatMap((line, rater) =>
    [...line.replaceAll(' ', '')].flatMap((value, item) =>
      value === '.' ? [] : [{ item: String(item), rater: `rater ${rater}`, value }],
    ),
  );
}

function times(count: number, row: string, column = row): Cell {
  return { row, column, times: count };
}

// K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, sections A, B and C.
test.each([
  ['A: two observers, binary', 0.095, ['0100000010', '1110010000']],
  ['B: two observers, nominal', 0.692, ['aabbdcccedda', 'babbbccceddd']],
  [
    'C: four observers, nominal, values missing',
    0.743,
    ['123321412...', '1233224125.3', '.3332342251.', '12332441251.'],
  ],
])('alpha matches Krippendorff 2011, %s', (_name, published, raters) => {
  const { alpha } = agreementOf(matrix(...raters), 1);
  expect(alpha.value).toBeCloseTo(published, 3);
});

// The example of three coders and fifteen units that the encyclopaedias use, after Krippendorff: 0.691.
test('alpha matches the example with three coders, most values missing', () => {
  const coders = ['.....34121133.3', '1.213343.......', '..21344.21133.4'];
  expect(agreementOf(matrix(...coders), 1).alpha.value).toBeCloseTo(0.691, 3);
});

// J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions", 3rd edition, table 18.1:
// 100 subjects, kappa 0.68, standard error 0.087.
test('kappa and its interval match Fleiss, Levin and Paik, table 18.1', () => {
  const { kappa, agreement } = kappaOf([
    times(75, 'psychosis'),
    times(1, 'psychosis', 'neurosis'),
    times(4, 'psychosis', 'organic'),
    times(5, 'neurosis', 'psychosis'),
    times(4, 'neurosis'),
    times(1, 'neurosis', 'organic'),
    times(10, 'organic'),
  ]);
  expect(agreement).toMatchObject({ n: 100, value: 0.89 });
  expect(kappa.value).toBeCloseTo(0.676, 3);
  if (kappa.value === null) throw new Error('no kappa');
  expect((kappa.high - kappa.low) / 2 / 1.959964).toBeCloseTo(0.087, 2);
});

// The example of `ci.kappa` in the R package statpsych (D. G. Bonett): 0.6756757,
// from 0.5317210 to 0.8196303.
test('kappa and its interval match statpsych', () => {
  const { kappa } = kappaOf([
    times(31, 'no'),
    times(12, 'no', 'yes'),
    times(4, 'yes', 'no'),
    times(58, 'yes'),
  ]);
  expect(kappa).toEqual({
    n: 105,
    value: expect.closeTo(0.6756757, 7),
    low: expect.closeTo(0.531721, 7),
    high: expect.closeTo(0.8196303, 7),
  });
});

// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998: 81 of 263 gives 0.2553 to 0.3662.
test('the interval of a share is Wilson’s', () => {
  const { low, high } = shareInterval(81 / 263, 263);
  expect([low, high].map((value) => value.toFixed(4))).toEqual(['0.2553', '0.3662']);
  expect(shareInterval(1, 20)).toEqual({ low: expect.closeTo(0.8389, 4), high: 1 });
});

test('full agreement is 1, with an interval that knows how few items there were', () => {
  const line = 'hhhhhhhhhhhhhhhhhhhhbbbbbbbbbbbbbbbbbbbb';
  const found = agreementOf(matrix(line, line));
  for (const figure of [found.agreement, found.alpha, found.pairs[0]?.kappa]) {
    expect(figure).toMatchObject({ n: 40, value: 1, high: 1 });
    if (!figure || figure.value === null) throw new Error('no figure');
    expect(figure.low).toBeGreaterThan(0.7);
    expect(figure.low).toBeLessThan(1);
  }
});

test('one value throughout leaves alpha and kappa undefined and says so', () => {
  const found = agreementOf(matrix('h'.repeat(50), 'h'.repeat(50)));
  expect(found.agreement).toMatchObject({ n: 50, value: 1 });
  expect(found.alpha).toEqual({ n: 50, value: null, reason: 'single_category' });
  expect(found.pairs[0]?.kappa).toEqual({ n: 50, value: null, reason: 'single_category' });
});

test('an item with one rating counts for nothing, and a rater without company appears in no pair', () => {
  const both = matrix('hb'.repeat(20), 'hb'.repeat(20));
  const alone = Array.from({ length: 10 }, (_, item) => ({ item: `x${item}`, rater: 'alone', value: 'u' }));
  const found = agreementOf([...both, ...alone]);
  expect(found).toMatchObject({ items: 40, ratings: 80, skew: 0.5 });
  expect(found.pairs.map(({ raters }) => raters)).toEqual([['rater 0', 'rater 1']]);
  expect(agreementOf([])).toMatchObject({ items: 0, ratings: 0, skew: 0, pairs: [] });
});

test('heavy skew: 96 % agreement, and alpha a little below zero', () => {
  const first = `${'h'.repeat(98)}bb`;
  const second = `bb${'h'.repeat(98)}`;
  const found = agreementOf(matrix(first, second));
  expect(found.agreement).toMatchObject({ n: 100, value: 0.96 });
  expect(found.skew).toBe(0.98);
  // By hand: Do = 0.04, De = 1 − (196·195 + 4·3) / (200·199).
  expect(found.alpha.value).toBeCloseTo(1 - 0.04 / (1 - (196 * 195 + 4 * 3) / (200 * 199)), 10);
  expect(found.pairs[0]?.kappa.value).toBeCloseTo((0.96 - 0.9608) / (1 - 0.9608), 10);
});

test('figures stay hidden below 30 items, and a pair’s below 30 of its own', () => {
  const found = agreementOf(matrix('h'.repeat(29), 'b'.repeat(29)));
  expect(found.alpha).toEqual({ n: 29, value: null, reason: 'too_few' });
  expect(found.agreement).toEqual({ n: 29, value: null, reason: 'too_few' });
  const three = agreementOf(
    matrix('hb'.repeat(20), `${'hb'.repeat(10)}${'.'.repeat(20)}`, `${'.'.repeat(20)}${'hb'.repeat(10)}`),
  );
  expect(three.alpha.value).toBe(1);
  expect(three.pairs.map(({ kappa }) => kappa)).toEqual([
    { n: 20, value: null, reason: 'too_few' },
    { n: 20, value: null, reason: 'too_few' },
  ]);
});

test('the same ratings give the same interval, and it holds the figure', () => {
  const random = seeded(7);
  const ratings = Array.from({ length: 200 }, (_, item) => item).flatMap((item) => {
    const value = random() < 0.5 ? 'h' : 'b';
    const other = random() < 0.8 ? value : 'u';
    return [
      { item: String(item), rater: 'a', value },
      { item: String(item), rater: 'b', value: other },
    ];
  });
  const { alpha } = agreementOf(ratings);
  expect(agreementOf([...ratings]).alpha).toEqual(alpha);
  if (alpha.value === null) throw new Error('no alpha');
  expect(alpha.low).toBeLessThan(alpha.value);
  expect(alpha.high).toBeGreaterThan(alpha.value);
});
