import { expect, it } from 'vitest';
import { planSchema } from '#lib/mitigations/plan';
import type { RuleMatcher, RuleParameters } from '#sdk/rule';
import { changed, formFrom, matcherOf, parametersOf, scopeOf, startOf } from './rule-form.ts';

const start = { title: 'T', target: 'completion', scope: {}, minutes: '60' } as const;
const literal: RuleMatcher = { kind: 'literal', text: 'eval(', ignoreCase: false };

const MATCHERS: RuleMatcher[] = [
  literal,
  { kind: 're2', pattern: 'a+', ignoreCase: true, lookback: 40 },
  { kind: 'imports', packages: ['left-pad', '@scope/name'] },
  { kind: 'phrases', phrases: ['ignore previous', 'act as root'] },
  { kind: 'shape', pattern: 'subprocess.run($CMD, shell=True)', language: 'python' },
  { kind: 'any' },
];

it.each(MATCHERS)('gives back the matcher it was opened with: $kind', (matcher) => {
  expect(matcherOf(formFrom({ ...start, matcher }))).toEqual(matcher);
});

const PARAMETERS: [Parameters<typeof formFrom>[0]['action'], RuleParameters][] = [
  ['replace', { text: 'Use the safe form.' }],
  ['block', {}],
  ['sampling', { sampling: { temperature: { max: 0.2 }, candidates: { set: 1 } } }],
];

it.each(PARAMETERS)('gives back what the action needs: %s', (action, parameters) => {
  const form = formFrom({ ...start, matcher: literal, ...(action && { action }), parameters });
  expect(parametersOf(form)).toEqual(parameters);
});

it('sends nothing that another action or kind was given', () => {
  const form = formFrom({ ...start, matcher: literal, action: 'warn', parameters: { text: 'Careful.' } });
  expect(parametersOf({ ...form, action: 'redact' })).toEqual({});
  expect(matcherOf({ ...form, kind: 'imports' })).toBeNull();
});

it('leaves lists out that narrow nothing', () => {
  const scope = { languages: ['go'], features: ['agent-mode'], labels: { region: 'eu', zone: 'a=b' } };
  expect(scopeOf(formFrom({ ...start, matcher: literal, scope }))).toEqual(scope);
});

it('begins at its publish, later, or as the edited rule does', () => {
  const now = new Date('2026-11-23T00:00:00.000Z');
  const begins = (minutes: string) => startOf({ begins: minutes }, now);
  expect(begins('0')).toEqual({ startsAt: null });
  expect(begins('60')).toEqual({ startsAt: '2026-11-23T01:00:00.000Z' });
  expect(begins('')).toEqual({});
});

it('has the usual stages again where it turns into a kill switch or back', () => {
  const plan = planSchema.parse({ canarySeconds: 300 });
  const form = formFrom({ ...start, matcher: literal, action: 'block', plan });
  expect(changed(form, { action: 'disable' }).plan).toEqual(plan);
  expect(changed({ ...form, action: 'warn' }, { kind: 'any' }).plan).toEqual(plan);
  expect(changed(form, { kind: 'any' }).plan).toBeNull();
  const off = { ...form, kind: 'any' } as const;
  expect(changed(off, { action: 'warn' }).plan).toBeNull();
  expect(changed(off, { text: 'x', kind: 'literal' }).plan).toBeNull();
  expect(changed({ ...off, mode: 'shadow' }, { mode: 'enforce' }).plan).toBeNull();
});
