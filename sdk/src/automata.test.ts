import { RE2JS, RE2Set } from 're2js';
import { expect, test } from 'vitest';
import { AUTOMATA, automataBytes, boundedMatch, boundedTest } from './automata.ts';
import { pick, randomFrom } from './testing/patterns.ts';

/** Makes a state for nearly every character that it reads. */
const pattern = (at: number) => `${at}[ab]*a[ab]{40}c`;
const random = randomFrom(3);
const text = (at: number, length: number) =>
  `${at}${Array.from({ length }, () => pick(random, ['a', 'b'])).join('')}c`;

interface WithDfa {
  dfa: { maxMem: number; stateBudget: number; memBudget: number };
}
const used = (of: unknown) => {
  const { stateBudget, memBudget } = (of as WithDfa).dfa;
  return stateBudget - memBudget;
};

test('re2js by itself takes megabytes for one pattern; within the bounds it does not, and says the same', () => {
  const free = RE2JS.compile(pattern(1));
  const re = RE2JS.compile(pattern(1));
  const test = boundedTest(re);
  const long = text(1, 8_000);
  expect(test(long)).toBe(free.test(long));
  expect(used(free.re2())).toBeGreaterThan(4 * AUTOMATA.pattern);
  expect(used(re.re2())).toBeLessThanOrEqual(AUTOMATA.pattern);
});

test('all together hold no more than their sum, whatever they meet, and go on', () => {
  const all = Array.from({ length: 400 }, (_, at) => RE2JS.compile(pattern(at)));
  const tests = all.map(boundedTest);
  let most = 0;
  for (const [at, test] of tests.entries()) {
    const short = text(at, 1_500);
    expect(test(short)).toBe(RE2JS.compile(pattern(at)).test(short));
    most = Math.max(most, automataBytes());
  }
  const sum = all.reduce((total, re) => total + used(re.re2()), 0);
  expect(most).toBeGreaterThan(AUTOMATA.total / 2);
  expect(Math.max(most, sum)).toBeLessThanOrEqual(AUTOMATA.total);
});

test('sets are held to the same', () => {
  const make = () => {
    const set = new RE2Set();
    for (let at = 0; at < 20; at++) set.add(pattern(at));
    set.compile();
    return set;
  };
  const set = make();
  const long = `${text(7, 10_000)}${text(12, 10_000)}`;
  expect(boundedMatch(set)(long, Number.POSITIVE_INFINITY)).toEqual(make().match(long));
  expect(used(set)).toBeLessThanOrEqual(AUTOMATA.set);
});

test('a set that would make too many states says so, keeps what it has, and goes on', () => {
  const set = new RE2Set();
  for (let at = 0; at < 20; at++) set.add(`[ab]*a[ab]{${at}}c`);
  set.compile();
  const match = boundedMatch(set);
  const hostile = text(7, 2_000);
  expect(match(hostile, 10_000)).toBeNull();
  expect(used(set)).toBeGreaterThan(0);
  const plain = 'a plain text '.repeat(100);
  expect(match(plain, 10_000)).toEqual([]);
  // Nothing new but its end.
  expect(match(plain, 1_000)).toEqual([]);
  expect(match('abac', 10_000)).toEqual([0, 2]);
});
