import { bootstrapInterval } from './bootstrap.ts';
import { type Interval, shareInterval, Z_95 } from './interval.ts';

/** One reviewer's verdict on one item. */
export type Rating = { item: string; rater: string; value: string };

/** A figure with the number of items behind it and its 95 % interval, or why there is none. */
export type Figure =
  | ({ n: number; value: number } & Interval)
  | { n: number; value: null; reason: 'too_few' | 'single_category' };

export type Pair = { raters: readonly [string, string]; agreement: Figure; kappa: Figure };

type Agreement = {
  /** Items with two or more ratings. */
  items: number;
  /** Ratings of those items. */
  ratings: number;
  /** Share of the most frequent value among them, 0 to 1; near 1 makes alpha and kappa fragile. */
  skew: number;
  agreement: Figure;
  alpha: Figure;
  pairs: Pair[];
};

/** Below this many items rated twice a figure says more of chance than of people, so none is shown. */
export const MIN_ITEMS = 30;

/** Counts of each value on one item. */
type Counts = ReadonlyMap<string, number>;

/**
 * Agreement among any number of raters with any of them missing. Linear in the ratings: an item's pairs come from its
 * counts, and a table of values against values is never walked rating by rating. `min` is the number of items below
 * which figures are withheld.
 */
export function agreementOf(ratings: readonly Rating[], min = MIN_ITEMS): Agreement {
  const byItem = new Map<string, Rating[]>();
  for (const rating of ratings) {
    const given = byItem.get(rating.item);
    if (given) given.push(rating);
    else byItem.set(rating.item, [rating]);
  }
  const rated = [...byItem.values()].filter((given) => given.length > 1);
  const counts = rated.map(countsOf);
  const totals = new Map<string, number>();
  for (const count of counts) for (const [value, times] of count) add(totals, value, times);
  const all = sum(totals.values());
  return {
    items: rated.length,
    ratings: all,
    skew: all === 0 ? 0 : Math.max(...totals.values()) / all,
    agreement: rawAgreement(counts, min),
    alpha: alphaOf(counts, min),
    pairs: pairsOf(rated, min),
  };
}

/** Share of pairs of ratings on the same item that are equal, averaged over items. */
function rawAgreement(counts: readonly Counts[], min: number): Figure {
  const n = counts.length;
  if (n === 0 || n < min) return { n, value: null, reason: 'too_few' };
  const value = sum(counts.map((count) => 1 - disagreementOn(count))) / n;
  return { n, value, ...shareInterval(value, n) };
}

/**
 * Krippendorff's alpha for nominal data: 1 − Do / De, with the observed disagreement weighted by the number of ratings
 * on each item and the expected one drawn without replacement from all of them. Source: K. Krippendorff, "Computing
 * Krippendorff's Alpha-Reliability", 2011. Undefined where only one value was ever used: then nothing could differ.
 * The interval resamples items; where no item shows a difference it cannot vary, and Wilson's bound on the share of
 * differing items takes its place.
 */
function alphaOf(counts: readonly Counts[], min: number): Figure {
  const n = counts.length;
  if (n === 0 || n < min) return { n, value: null, reason: 'too_few' };
  const { values, patterns, patternOf } = patternsOf(counts);
  if (values < 2) return { n, value: null, reason: 'single_category' };
  const times = new Uint32Array(patterns.length);
  for (const pattern of patternOf) times[pattern] = (times[pattern] ?? 0) + 1;
  const alpha = (drawn: Uint32Array) => alphaOver(patterns, drawn, values);
  const found = alpha(times);
  if (found === null) return { n, value: null, reason: 'single_category' };
  if (found.observed === 0) {
    const { low } = shareInterval(1, n);
    return { n, value: 1, low: Math.max(-1, 1 - (1 - low) / found.expected), high: 1 };
  }
  const interval = bootstrapInterval(patternOf, patterns.length, (drawn) => alpha(drawn)?.value ?? null);
  return { n, value: found.value, ...interval };
}

type Pattern = { ratings: number; disagreement: number; counts: readonly (readonly [number, number])[] };

/** Items with the same counts of the same values are one pattern: there are few, however many items there are. */
function patternsOf(counts: readonly Counts[]) {
  const codes = new Map<string, number>();
  const known = new Map<string, number>();
  const patterns: Pattern[] = [];
  const patternOf = Uint32Array.from(counts, (count) => {
    const coded = [...count].map(([value, times]) => [codeOf(codes, value), times] as const);
    coded.sort(([a], [b]) => a - b);
    const key = coded.join(' ');
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    known.set(key, patterns.length);
    patterns.push({ ratings: sum(count.values()), disagreement: disagreementOn(count), counts: coded });
    return patterns.length - 1;
  });
  return { values: codes.size, patterns, patternOf };
}

function alphaOver(patterns: readonly Pattern[], times: Uint32Array, values: number) {
  const totals = new Float64Array(values);
  let ratings = 0;
  let differing = 0;
  for (const [index, pattern] of patterns.entries()) {
    const drawn = times[index] ?? 0;
    if (drawn === 0) continue;
    ratings += drawn * pattern.ratings;
    differing += drawn * pattern.ratings * pattern.disagreement;
    for (const [value, count] of pattern.counts) totals[value] = (totals[value] ?? 0) + drawn * count;
  }
  const same = totals.reduce((so, total) => so + total * (total - 1), 0);
  const expected = 1 - same / (ratings * (ratings - 1));
  if (!(expected > 0)) return null;
  const observed = differing / ratings;
  return { value: 1 - observed / expected, observed, expected };
}

/** Share of the pairs of ratings on one item that differ. */
function disagreementOn(count: Counts): number {
  let ratings = 0;
  let same = 0;
  for (const times of count.values()) {
    ratings += times;
    same += times * (times - 1);
  }
  return 1 - same / (ratings * (ratings - 1));
}

/** Every two raters who rated the same items, in the order of their names and never by their figures. */
function pairsOf(rated: readonly (readonly Rating[])[], min: number): Pair[] {
  const tables = new Map<string, { raters: readonly [string, string]; table: Map<string, Cell> }>();
  for (const given of rated) {
    for (const [index, one] of given.entries()) {
      for (const other of given.slice(index + 1)) {
        const [a, b] = one.rater < other.rater ? [one, other] : [other, one];
        const key = JSON.stringify([a.rater, b.rater]);
        const found = tables.get(key) ?? { raters: [a.rater, b.rater] as const, table: new Map() };
        tables.set(key, found);
        const cellKey = JSON.stringify([a.value, b.value]);
        const cell = found.table.get(cellKey);
        if (cell) cell.times += 1;
        else found.table.set(cellKey, { row: a.value, column: b.value, times: 1 });
      }
    }
  }
  return [...tables.values()]
    .sort((a, b) => (a.raters.join('\n') < b.raters.join('\n') ? -1 : 1))
    .map(({ raters, table }) => ({ raters, ...kappaOf([...table.values()], min) }));
}

/** How often the first rater said `row` where the second said `column`. */
export type Cell = { row: string; column: string; times: number };

/**
 * Cohen's kappa of two raters over a table of their answers (J. Cohen, "A coefficient of agreement for nominal
 * scales", 1960) with the large-sample interval of J. L. Fleiss, J. Cohen and B. S. Everitt, 1969. Undefined where
 * both used one and the same value throughout; on full agreement the interval rests on Wilson's bound.
 */
export function kappaOf(cells: readonly Cell[], min = MIN_ITEMS): { agreement: Figure; kappa: Figure } {
  const n = sum(cells.map(({ times }) => times));
  if (n === 0 || n < min) {
    const hidden = { n, value: null, reason: 'too_few' } as const;
    return { agreement: hidden, kappa: hidden };
  }
  const rows = new Map<string, number>();
  const columns = new Map<string, number>();
  for (const { row, column, times } of cells) {
    add(rows, row, times / n);
    add(columns, column, times / n);
  }
  const at = (shares: Map<string, number>, value: string) => shares.get(value) ?? 0;
  const observed = sum(cells.map(({ row, column, times }) => (row === column ? times : 0))) / n;
  const agreement: Figure = { n, value: observed, ...shareInterval(observed, n) };
  const values = new Set([...rows.keys(), ...columns.keys()]);
  if (values.size < 2) return { agreement, kappa: { n, value: null, reason: 'single_category' } };
  const expected = sum([...values].map((value) => at(rows, value) * at(columns, value)));
  const kappa = (observed - expected) / (1 - expected);
  if (observed === 1) {
    const { low } = shareInterval(1, n);
    return {
      agreement,
      kappa: { n, value: 1, low: Math.max(-1, (low - expected) / (1 - expected)), high: 1 },
    };
  }
  let spread = 0;
  for (const { row, column, times } of cells) {
    const share = times / n;
    if (row === column) spread += share * (1 - (at(rows, row) + at(columns, row)) * (1 - kappa)) ** 2;
    else spread += share * (1 - kappa) ** 2 * (at(columns, row) + at(rows, column)) ** 2;
  }
  spread -= (kappa - expected * (1 - kappa)) ** 2;
  const error = Math.sqrt(Math.max(0, spread) / n) / (1 - expected);
  const low = Math.max(-1, kappa - Z_95 * error);
  return { agreement, kappa: { n, value: kappa, low, high: Math.min(1, kappa + Z_95 * error) } };
}

function countsOf(given: readonly Rating[]): Counts {
  const counts = new Map<string, number>();
  for (const { value } of given) add(counts, value, 1);
  return counts;
}

function codeOf(codes: Map<string, number>, value: string): number {
  const known = codes.get(value);
  if (known !== undefined) return known;
  codes.set(value, codes.size);
  return codes.size - 1;
}

function add(totals: Map<string, number>, key: string, more: number): void {
  totals.set(key, (totals.get(key) ?? 0) + more);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
