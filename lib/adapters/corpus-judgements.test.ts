import { describe, expect, test } from 'vitest';
import type { Adapted } from './adapted.ts';
import { fromLlamaGuard } from './llama-guard.ts';
import { fromOpenAiModeration } from './openai-moderation.ts';

// What is flagged is a finding in whatever spelling, what was not judged says so, and only a plain no is clean.

/** Rules with their severities, `clean`, or `refused`. */
function outcome({ items }: Adapted): string {
  const said = items.map((item) =>
    item.kind === 'finding' ? `${item.reported.finding.rule} ${item.reported.finding.severity}` : item.kind,
  );
  return said.sort().join(', ');
}

const all = (flagged: string[], rest = false) =>
  Object.fromEntries(
    [
      'harassment',
      'hate',
      'illicit',
      'illicit/violent',
      'self-harm',
      'sexual',
      'sexual/minors',
      'violence',
    ].map((name) => [name, flagged.includes(name) || rest]),
  );

describe('moderation', () => {
  test.each<[result: unknown, outcome: string]>([
    [{ flagged: true, categories: all(['violence']) }, 'violence medium'],
    [{ results: [{ flagged: true, categories: all(['sexual/minors']) }] }, 'sexual/minors critical'],
    [{ results: { flagged: true, categories: all(['hate']) } }, 'hate medium'],
    [[{ flagged: true, categories: all(['hate']) }], 'hate medium'],
    [JSON.stringify({ flagged: true, categories: all(['hate']) }), 'hate medium'],
    [
      {
        results: [
          { flagged: false, categories: all([]) },
          { flagged: true, categories: all(['hate']) },
        ],
      },
      'hate medium',
    ],
    [{ flagged: true, categories: { sexual_minors: true } }, 'sexual/minors critical'],
    [{ flagged: true, categories: { sexualMinors: true } }, 'sexual/minors critical'],
    [{ flagged: true, categories: { SEXUAL_MINORS: true } }, 'sexual/minors critical'],
    [{ flagged: true, categories: { 'Sexual / Minors': true } }, 'sexual/minors critical'],
    [{ flagged: true, categories: { self_harm: true } }, 'self-harm high'],
    [{ flagged: true, categories: { selfHarm: true, 'self-harm': true } }, 'self-harm high'],
    [{ flagged: true, categories: { self_harm_intent: true } }, 'self-harm/intent critical'],
    [{ flagged: true, categories: { self_harm_instructions: true } }, 'self-harm/instructions critical'],
    [{ flagged: true, categories: { 'self-harm/instruction': true } }, 'self-harm/instruction medium'],
    [
      { flagged: true, categories: { illicit_violent: true, illicit: true } },
      'illicit high, illicit/violent critical',
    ],
    [{ flagged: true, categories: { violence_graphic: true } }, 'violence/graphic medium'],
    [{ flagged: true, categories: { hate_threatening: 1 } }, 'hate/threatening high'],
    [{ flagged: true, categories: { harassment_threatening: 'True' } }, 'harassment/threatening high'],
    [{ flagged: true, categories: { violence: 'yes' } }, 'violence medium'],
    [{ flagged: true, categories: { violence: 'flagged' } }, 'violence medium'],
    [{ flagged: true, categories: { violence: 'perhaps' } }, 'violence medium'],
    [{ flagged: false, categories: { violence: 'perhaps' } }, 'violence medium'],
    [{ flagged: true, categories: { violence: { flagged: true, score: 0.9 } } }, 'violence medium'],
    [{ flagged: true, categories: { violence: { filtered: true, severity: 'high' } } }, 'violence medium'],
    [{ flagged: true, categories: { violence: { detected: 'true' } } }, 'violence medium'],
    [{ flagged: true, categories: { sexual: { minors: true, adult: false } } }, 'sexual/minors critical'],
    [{ flagged: true, categories: { 'self-harm': { intent: 'yes' } } }, 'self-harm/intent critical'],
    [{ flagged: true, categories: ['violence', 'sexual/minors'] }, 'sexual/minors critical, violence medium'],
    [
      {
        flagged: true,
        categories: [
          { name: 'hate', flagged: true },
          { name: 'sexual', flagged: false },
        ],
      },
      'hate medium',
    ],
    [{ flagged: true, categories: [{ category: 'Hate', filtered: true }] }, 'hate medium'],
    [{ flagged: true, categories: 'violence, hate' }, 'hate medium, violence medium'],
    [{ flagged: true, categories: { brand_new: true } }, 'brand_new medium'],
    [{ flagged: true, categories: { 'brand\u0000new': true } }, 'brand\ufffdnew medium'],
    [{ flagged: true, categories: { constructor: true } }, 'constructor medium'],
    [{ flagged: true, categories: JSON.parse('{"__proto__":true}') }, '__proto__ medium'],
    [{ flagged: false, categories: all(['violence']) }, 'violence medium'],
    [{ categories: all(['violence']) }, 'violence medium'],
    [{ flagged: null, categories: all(['violence']) }, 'violence medium'],
    [{ flagged: true, categories: all([]) }, 'flagged medium'],
    [{ flagged: true, categories: {} }, 'flagged medium'],
    [{ flagged: true, categories: null }, 'flagged medium'],
    [{ flagged: true }, 'flagged medium'],
    [{ flagged: 'true' }, 'flagged medium'],
    [{ flagged: 1 }, 'flagged medium'],
    [{ flagged: 'maybe', categories: all([]) }, 'flagged medium'],
    [{ flagged: {}, categories: all([]) }, 'flagged medium'],
    [{ flagged: true, categories: { violence: 0.99 } }, 'flagged medium'],
    [{ flagged: true, categories: { violence: false } }, 'flagged medium'],
    [{ flagged: true, categories: 7 }, 'flagged medium'],
    [{ flagged: true, categories: all(['hate']), category_applied_input_types: 'text' }, 'hate medium'],
    [
      { flagged: true, categories: all(['hate']), category_applied_input_types: { hate: [7, 'text'] } },
      'hate medium',
    ],
    [{ model: 7, results: [{ flagged: true, categories: all(['hate']) }] }, 'hate medium'],
    [{ error: { message: 'm' }, results: [{ flagged: true }] }, 'flagged medium'],
    [{ flagged: false, categories: all([]) }, 'clean'],
    [{ flagged: false, categories: { illicit: null, hate: false } }, 'clean'],
    [{ flagged: 'False', categories: { hate: 'false', violence: 0 } }, 'clean'],
    [{ flagged: false, categories: { hate: 0.0001 } }, 'clean'],
    [{ flagged: false }, 'clean'],
    [{ categories: all([]) }, 'clean'],
    [{ results: [{ flagged: false, categories: all([]) }, { flagged: false }] }, 'clean'],
    [{ results: [] }, 'refused'],
    [{ results: null }, 'refused'],
    [{ results: [{ flagged: false }, {}] }, 'refused'],
    [{ results: [null] }, 'refused'],
    [{ error: { message: 'm' } }, 'refused'],
    [{}, 'refused'],
    [[], 'refused'],
    ['flagged', 'refused'],
    [7, 'refused'],
    [null, 'refused'],
    [undefined, 'refused'],
    [{ category_scores: { violence: 0.99 } }, 'refused'],
  ])('%j is %s', (result, expected) => {
    expect(outcome(fromOpenAiModeration([{ value: { id: 'a', result } }]))).toBe(expected);
  });

  test('the name of the interaction is any scalar', () => {
    const of = (id: unknown) => fromOpenAiModeration([{ value: { id, result: { flagged: true } } }]).items[0];
    expect([of(7), of('7'), of(0)].map((item) => item?.id)).toEqual(['7', '7', '0']);
    for (const id of [null, '', {}, [], true, undefined]) {
      expect(of(id)).toMatchObject({ kind: 'refused', why: expect.stringContaining('id: is missing') });
    }
  });

  test('what is over the most is counted', () => {
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`c${n}`, true]));
    const { items } = fromOpenAiModeration([
      { value: { id: 'a', result: { flagged: true, categories: many } } },
    ]);
    expect(items).toHaveLength(50);
    expect(items[0]).toMatchObject({ notShown: [{ what: 'finding', count: 30 }] });
  });
});

describe('Llama Guard', () => {
  test.each<[result: unknown, outcome: string, model?: string]>([
    ['unsafe\nS1', 'S1 critical'],
    ['unsafe\nS1,S14', 'S1 critical, S14 critical'],
    ['unsafe\nS1, S2\n', 'S1 critical, S2 high'],
    ['unsafe S1 S2', 'S1 critical, S2 high'],
    ['unsafe\ns10', 'S10 high'],
    ['UNSAFE\nS10', 'S10 high'],
    ['Unsafe.\nS10.', 'S10 high'],
    ['\n\nunsafe\nS10', 'S10 high'],
    ['unsafe\r\nS10\r\n', 'S10 high'],
    ['"unsafe\\nS10"', 'S10 high'],
    ['**unsafe**\n- S10', 'S10 high'],
    ['unsafe\nS10<|eot_id|>', 'S10 high'],
    ['<|start_header_id|>assistant<|end_header_id|>\n\nunsafe\nS10', 'S10 high'],
    ['unsafe\nS10: Hate', 'S10 high'],
    ['unsafe\nHate', 'S10 high'],
    ['unsafe\nViolent Crimes', 'S1 critical'],
    ['unsafe\nS99', 'S99 medium'],
    ['unsafe\nMy own policy', 'My own policy medium'],
    ['unsafe', 'unsafe medium'],
    ['unsafe because of <script> things', 'unsafe medium'],
    ['not safe', 'unsafe medium'],
    ['not_safe', 'unsafe medium'],
    ['The answer is unsafe (S10).', 'S10 high'],
    ['safe\nS10', 'S10 high'],
    ['safe, but not certain', 'unclear medium'],
    ['maybe', 'unclear medium'],
    ['unsure', 'unclear medium'],
    ['I cannot judge this.', 'unclear medium'],
    ['S10', 'S10 high'],
    ['unsafe\nO3', 'O3 high'],
    ['unsafe\nO6', 'O6 critical', 'meta-llama/LlamaGuard-7b'],
    ['unsafe\nS6', 'S6 high', 'meta-llama/Meta-Llama-Guard-2-8B'],
    ['unsafe\nS6', 'S6 low', 'meta-llama/Llama-Guard-3-8B'],
    ['unsafe\nS14', 'S14 medium', 'llama-guard2'],
    ['unsafe\nS14', 'S14 critical', 'meta-llama/Llama-Guard-4-12B'],
    [{ choices: [{ message: { content: 'unsafe\nS10' } }] }, 'S10 high'],
    [{ choices: [{ message: { content: 'safe' } }, { message: { content: 'unsafe\nS10' } }] }, 'S10 high'],
    [{ choices: [{ text: 'unsafe\nS10' }] }, 'S10 high'],
    [{ choices: [{ message: { content: [{ type: 'text', text: 'unsafe\nS10' }] } }] }, 'S10 high'],
    [{ message: { role: 'assistant', content: 'unsafe\nS10' } }, 'S10 high'],
    [{ response: 'unsafe\nS10', done: true }, 'S10 high'],
    [{ output: { message: { content: [{ text: 'unsafe\nS10' }] } } }, 'S10 high'],
    [{ generation: 'unsafe\nS10', stop_reason: 'stop' }, 'S10 high'],
    [[{ generated_text: 'unsafe\nS10' }], 'S10 high'],
    [['unsafe\nS10'], 'S10 high'],
    [{ content: [{ type: 'text', text: 'unsafe\nS10' }] }, 'S10 high'],
    [{ candidates: [{ content: { parts: [{ text: 'unsafe\nS10' }] } }] }, 'S10 high'],
    [{ output_text: 'unsafe\nS10' }, 'S10 high'],
    [{ verdict: 'unsafe', categories: ['S10'] }, 'S10 high'],
    [{ label: 'unsafe' }, 'unsafe medium'],
    [{ unsafe: true, categories: ['S10'] }, 'S10 high'],
    [{ is_safe: false }, 'unsafe medium'],
    [{ safe: 'no', violations: ['S1'] }, 'S1 critical'],
    [{ safe: true, violations: ['S1'] }, 'S1 critical'],
    [{ flagged: 'perhaps' }, 'unclear medium'],
    ['{"verdict":"unsafe","categories":["S10"]}', 'S10 high'],
    ['safe', 'clean'],
    ['Safe.', 'clean'],
    ['SAFE', 'clean'],
    ['\n\nsafe\n', 'clean'],
    ['"safe"', 'clean'],
    ['safe<|eot_id|>', 'clean'],
    ['safe\nsafe', 'clean'],
    [{ safe: true }, 'clean'],
    [{ verdict: 'safe', categories: [] }, 'clean'],
    [{ choices: [{ message: { content: 'safe' } }] }, 'clean'],
    [{ choices: [{ message: { content: 'safe' } }, { message: { content: 'safe' } }] }, 'clean'],
    ['', 'refused'],
    ['<|eot_id|>', 'refused'],
    [{ choices: [] }, 'refused'],
    [{ choices: [{ message: { content: '' } }] }, 'refused'],
    [{ error: { message: 'overloaded' } }, 'refused'],
    [{}, 'refused'],
    [[], 'refused'],
    [null, 'refused'],
  ])('%j is %s', (result, expected, model?: string) => {
    const value = { id: 'a', result, ...(model && { model }) };
    expect(outcome(fromLlamaGuard([{ value }]))).toBe(expected);
  });
});
