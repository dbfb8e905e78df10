import { expect, test } from 'vitest';
import { changedAnswer } from './effects.ts';
import { compileRules, evaluate } from './engine.ts';
import { failedDecision } from './failure.ts';
import { readRequest } from './request.ts';
import type { Rule } from './rule.ts';
import { judgePieces } from './testing/chunks.ts';
import { EFFECT_CASES } from './testing/effects.ts';
import { makeRule } from './testing/rules.ts';

const words = ({ verdict, message, text }: { verdict: string; message?: string; text?: string }) =>
  Object.fromEntries(Object.entries({ verdict, message, text }).filter(([, value]) => value !== undefined));

test.each(EFFECT_CASES)('$name', ({ rules, request, stale, expect: expected }) => {
  expect(words(evaluate(compileRules(rules), request, new Date(), { stale }))).toEqual(expected);
});

test.each(EFFECT_CASES.filter(({ rules }) => rules.every(({ scope }) => Object.keys(scope).length === 0)))(
  'streamed: $name',
  ({ rules, request: { completion, ...context }, stale, expect: expected }) => {
    const { decision } = judgePieces(rules, [completion ?? ''], { context, stale });
    expect(words(decision)).toEqual(expected);
  },
);

test.each<[Rule['action'], Rule['fail']['onError'], string, string | undefined]>([
  ['block', 'closed', 'block', 'own words'],
  ['disable', 'closed', 'block', 'own words'],
  ['drop', 'closed', 'block', 'own words'],
  ['replace', 'closed', 'block', 'This answer was held back by a safety rule.'],
  ['warn', 'closed', 'block', 'This answer was held back by a safety rule.'],
  ['redact', 'closed', 'block', 'This answer was held back by a safety rule.'],
  ['replace', 'require_review', 'require_review', undefined],
  ['block', 'open', 'allow', undefined],
])('deciding itself fails: %s failing %s', (action, onError, verdict, message) => {
  const rule = makeRule({ action, parameters: { text: 'own words' }, fail: { onError, onStale: 'open' } });
  const past = {
    ...rule,
    id: crypto.randomUUID(),
    fail: { onError: 'closed', onStale: 'open' },
    expiresAt: '2020-01-01T00:00:00.000Z',
  } as Rule;
  const here = { now: new Date(), demoted: new Set<string>() };
  const decision = failedDecision([past, rule], readRequest({ completion: 'evil(1)' }), 3, here);
  expect(words(decision)).toEqual(words({ verdict, message }));
  expect(decision.rules.every((hit) => changedAnswer(hit, decision))).toBe(true);
});
