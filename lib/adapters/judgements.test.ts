import { describe, expect, it } from 'vitest';
import type { RawRow } from '#lib/interactions/batch';
import type { Adapted } from './adapted.ts';
import { fromLlamaGuard } from './llama-guard.ts';
import { fromOpenAiModeration } from './openai-moderation.ts';

const raw = (...values: unknown[]): RawRow[] => values.map((value) => ({ value }));
const kinds = ({ items }: Adapted) => items.map((item) => item.kind);
const findings = ({ items }: Adapted) =>
  items.flatMap((item) => (item.kind === 'finding' ? [item.reported.finding] : []));

const judged = (flags: Record<string, boolean>, types: Record<string, string[]> = {}) => ({
  flagged: Object.values(flags).some(Boolean),
  categories: { harassment: false, 'sexual/minors': false, ...flags },
  category_scores: { harassment: 0.0001, 'illicit/violent': 0.91 },
  category_applied_input_types: types,
});

describe('fromOpenAiModeration', () => {
  it('makes a finding of each flagged category, with the inputs it was seen in', () => {
    const answer = {
      id: 'modr-1',
      model: 'omni-moderation-latest',
      results: [
        judged({ 'illicit/violent': true, 'new/one': true }, { 'illicit/violent': ['text'] }),
        judged({ 'illicit/violent': true }, { 'illicit/violent': ['image', 'text'] }),
      ],
    };
    const adapted = fromOpenAiModeration(raw({ id: 'r1', result: answer }));
    expect(adapted).toMatchObject({ mapping: 'openai-moderation/2' });
    expect(adapted.items[0]).toMatchObject({ id: 'r1', reported: { targets: [{ by: 'id', value: 'r1' }] } });
    expect(findings(adapted)).toEqual([
      {
        detector: 'OpenAI omni-moderation-latest',
        rule: 'illicit/violent',
        category: 'other',
        severity: 'critical',
        message: 'Moderation flagged illicit/violent in image and text',
      },
      {
        detector: 'OpenAI omni-moderation-latest',
        rule: 'new/one',
        category: 'other',
        severity: 'medium',
        message: 'Moderation flagged new/one',
      },
    ]);
  });

  it('takes one result alone, older answers without input types, and what is not flagged as clean', () => {
    const { category_applied_input_types: _, ...older } = judged({ hate: true });
    expect(
      kinds(fromOpenAiModeration(raw({ id: 'a', result: older }, { id: 'b', result: judged({}) }))),
    ).toEqual(['finding', 'clean']);
  });

  it('refuses rows it cannot read, one by one', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`c${n}`, true]));
    const adapted = fromOpenAiModeration([
      ...raw(
        null,
        {},
        { id: 'x' },
        { id: '', result: judged({}) },
        { id: 'x', result: { results: [] } },
        { id: 'x', result: { error: { message: 'no' } } },
      ),
      { unreadable: 'not valid UTF-8' },
      ...raw({ id: 'many', result: judged(JSON.parse('{"__proto__":true,"constructor":true}')) }),
    ]);
    expect(kinds(adapted).slice(0, 7)).toEqual(Array(7).fill('refused'));
    expect(findings(adapted).every(({ severity }) => severity === 'medium')).toBe(true);
    expect(findings(fromOpenAiModeration(raw({ id: 'm', result: judged(many) })))).toHaveLength(50);
  });
});

describe('fromLlamaGuard', () => {
  const of = (result: unknown, model?: string) =>
    fromLlamaGuard(raw({ id: 'r', result, ...(model && { model }) }));

  it('reads what the model writes, and the servers around it', () => {
    for (const said of [
      'unsafe\nS1,S14',
      '\n\nunsafe\nS1, S14\n',
      { model: 'llama-guard3:8b', message: { role: 'assistant', content: 'unsafe\nS1,S14' } },
      { choices: [{ index: 0, message: { content: '\nunsafe\nS1,S14' } }] },
      { response: 'unsafe\nS14,S1,S14' },
    ]) {
      expect(findings(of(said)).sort((a, b) => String(b.rule).localeCompare(String(a.rule)))).toMatchObject([
        {
          detector: 'Llama Guard 3',
          rule: 'S14',
          category: 'exploit',
          severity: 'critical',
          message: 'Code Interpreter Abuse (S14)',
        },
        { rule: 'S1', message: 'Violent Crimes (S1)' },
      ]);
    }
    expect(kinds(of('safe'))).toEqual(['clean']);
    expect(kinds(of('\n\nsafe'))).toEqual(['clean']);
  });

  it('reads the codes of the version that spoke', () => {
    expect(findings(of('unsafe\nS6', 'meta-llama/Meta-Llama-Guard-2-8B'))[0]).toMatchObject({
      detector: 'Llama Guard 2',
      category: 'data_leak',
    });
    expect(findings(of('unsafe\nS6', 'meta-llama/Llama-Guard-3-1B'))[0]).toMatchObject({
      detector: 'Llama Guard 3',
      message: 'Specialized Advice (S6)',
    });
    expect(findings(of('unsafe\nS14', 'meta-llama/Llama-Guard-4-12B'))[0]).toMatchObject({
      detector: 'Llama Guard 4',
      category: 'exploit',
    });
    expect(findings(of('unsafe\nS14', 'llama-guard2'))[0]).toMatchObject({
      severity: 'medium',
      message: 'Judged unsafe (S14)',
    });
    expect(findings(of('unsafe\nO3', 'meta-llama/LlamaGuard-7b'))).toMatchObject([
      { detector: 'Llama Guard 1', rule: 'O3', severity: 'high' },
    ]);
  });

  it('makes a finding of whatever is not plainly safe, and refuses where nothing was said', () => {
    expect(findings(of('unsafe'))).toMatchObject([{ rule: 'unsafe', severity: 'medium' }]);
    for (const said of ['maybe', 'unsafe\nO3', 'safe S1', 'not safe', 'x'.repeat(9_000), { safe: false }])
      expect(kinds(of(said)), JSON.stringify(said).slice(0, 40)).toEqual(['finding']);
    expect(findings(of(`unsafe\n${Array.from({ length: 99 }, (_, n) => `S${n}`)}`))).toHaveLength(50);
    for (const said of ['', { choices: [] }, { error: 'no' }, null])
      expect(kinds(of(said)), JSON.stringify(said)).toEqual(['refused']);
  });
});
