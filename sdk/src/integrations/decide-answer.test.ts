import { expect, test } from 'vitest';
import { compileRules, evaluate } from '../engine.ts';
import { ruleFor } from '../testing/rules.ts';
import { answerTexts } from './answer-texts.ts';
import { type Enforcer, joinedGroups } from './exchange.ts';
import { decideWhole } from './openai-answer.ts';

const rule = {
  ...ruleFor({ kind: 'literal', text: 'acme-key-1', ignoreCase: false }, 'acme-key-1'),
  action: 'redact' as const,
};
const compiled = compileRules([rule]);
const guard = { decide: (request) => evaluate(compiled, request, new Date()) } as Enforcer;

const cited = { type: 'url_citation', title: 'A page', url: 'https://example.org' };

test.each<[string, object[], object[]]>([
  [
    'in the part before',
    [{ text: 'use acme-key-1 ', annotations: [cited] }, { text: 'here' }],
    [{ text: 'use [removed by R-1] ', annotations: [cited] }, { text: 'here' }],
  ],
  [
    'in the part behind',
    [{ text: 'use ', annotations: [cited, cited] }, { text: 'acme-key-1 here' }],
    [{ text: 'use ', annotations: [cited, cited] }, { text: '[removed by R-1] here' }],
  ],
  [
    'in both',
    [
      { text: 'acme-key-1 ', annotations: [cited] },
      { text: 'acme-key-1', annotations: [cited] },
    ],
    [
      { text: '[removed by R-1] ', annotations: [cited] },
      { text: '[removed by R-1]', annotations: [cited] },
    ],
  ],
])('what is removed %s is removed there, whatever stands beside the words', (_, parts, expected) => {
  const typed = (list: object[]) => list.map((part) => ({ type: 'output_text', ...part }));
  const body = { output: [{ type: 'message', role: 'assistant', content: typed(parts) }] };
  expect(decideWhole(structuredClone(body), guard, {})).toEqual({
    output: [{ type: 'message', role: 'assistant', content: typed(expected) }],
  });
});

test('parts with words beside them are grouped in one pass', () => {
  const part = { type: 'output_text', text: 'a', annotations: [cited, cited] };
  const { texts } = answerTexts(Array.from({ length: 50_000 }, () => part));
  expect(joinedGroups(texts).filter(([first]) => !first?.aside)).toHaveLength(1);
});
