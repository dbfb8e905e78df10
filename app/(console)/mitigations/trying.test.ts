import { expect, test } from 'vitest';
import type { RuleDraft } from '#lib/mitigations/schema';
import type { RuleMatcher } from '#sdk/rule';
import type { ComposerExample } from './rule-form.ts';
import { compiled, triedOn } from './trying.ts';

const example = (completion: string): ComposerExample => ({
  id: completion,
  prompt: 'p',
  completion,
  language: 'python',
  modelName: 'm',
  modelVersion: '1',
  surface: 'chat',
  tier: null,
  tenant: null,
});
const draftOf = (matcher: RuleMatcher): RuleDraft => ({
  scope: {},
  matcher,
  target: 'completion',
  when: null,
});
const tried = (matcher: RuleMatcher, ...texts: string[]) =>
  triedOn(compiled(draftOf(matcher)), texts.map(example));

test('says of each example, in its place, where it is hit first', () => {
  const { hits, problem } = tried(
    { kind: 'literal', text: 'evil', ignoreCase: false },
    'fine',
    'an evil, evil one',
  );
  expect(problem).toBeUndefined();
  expect(hits).toMatchObject([undefined, { spans: [{ start: 3, end: 7 }, { start: 9 }] }]);
});

test('says why a draft cannot run, in the words of the instances, and hits nothing', () => {
  expect(tried({ kind: 're2', pattern: '(', ignoreCase: false }, 'x')).toMatchObject({
    problem: expect.stringMatching(/RE2|parenthesis/i),
    hits: [],
  });
});

test('offers phrases for texts and patterns only', () => {
  expect(tried({ kind: 'literal', text: 'evil code', ignoreCase: false }, 'EVIL  code').fold).toMatchObject({
    examples: 1,
  });
  expect(tried({ kind: 'phrases', phrases: ['other words'] }, 'EVIL  code').fold).toBeNull();
});

test('what it answers can travel from a worker to the page', () => {
  const packages = Array.from({ length: 5_000 }, (_, at) => `acme-${at}`);
  const answer = tried({ kind: 'imports', packages, find: 'mentioned' }, 'import acme-4999', 'import acme');
  expect(structuredClone(answer)).toEqual(answer);
  expect(answer.hits.map((hit) => hit !== undefined)).toEqual([true, false]);
});
