import { expect, test } from 'vitest';
import { compileRule } from './rule-cache.ts';
import { selfTest } from './self-test.ts';
import { makeRule } from './testing/rules.ts';

const busy = (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

const rule = makeRule({ breaker: { maxHitRate: 0.5, budgetMs: 0.5 } });

test('a rule that works has nothing to say, whatever a caller sent before', () => {
  expect(selfTest(rule, compileRule)).toBeNull();
  expect(selfTest(makeRule({ breaker: null }), compileRule)).toBeNull();
});

test.each<[string, Partial<ReturnType<typeof compileRule>>, RegExp]>([
  ['cannot find what it must', { find: () => [] }, /^It fails its own tests\. Vector mustMatch 1 is not hit/],
  [
    'throws',
    {
      test: () => {
        throw new Error('unreachable');
      },
    },
    /^It fails on texts of its own: unreachable$/,
  ],
  [
    'is slow on every text',
    {
      test: () => {
        busy(0.6);
        return false;
      },
    },
    /^It takes longer than its 0\.5 ms for 24 of 24 plainly harmless texts\.$/,
  ],
])('a rule that %s is found out', (_, broken, words) => {
  expect(selfTest(rule, (each) => ({ ...compileRule(each), ...broken }))).toMatch(words);
});

test('one slow run of several is the process, not the rule; and a rule without a budget is never slow', () => {
  let runs = 0;
  const sometimes = () => {
    if (runs++ % 5 !== 0) busy(0.6);
    return false;
  };
  expect(selfTest(rule, (each) => ({ ...compileRule(each), test: sometimes }))).toBeNull();
  expect(
    selfTest({ ...rule, breaker: null }, (each) => ({ ...compileRule(each), test: sometimes })),
  ).toBeNull();
});
