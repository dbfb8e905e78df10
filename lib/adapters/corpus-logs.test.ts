import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRow, type RawRow } from '#lib/interactions/batch';
import type { InteractionRow } from '#lib/interactions/schema';
import { lostTexts } from '../../tests/lost-texts.ts';
import { randomPart } from '../../tests/random-parts.ts';
import type { Adapted } from './adapted.ts';
import { fromLiteLlm } from './litellm.ts';
import { fromPortkey } from './portkey.ts';
import { fromProvider } from './provider.ts';

// Every shape goes through every adapter of logs, and no text of it is lost without a word.

/** Shapes that some service, gateway or client really writes, and broken relatives of them. */
const shapes = (name: string): [what: string, body: unknown][] =>
  readFileSync(path.resolve(import.meta.dirname, `../../tests/logs/${name}.ndjson`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ what, body }) => [what, body]);

type Frame = (asked: unknown, answered: unknown) => unknown;
const ADAPTERS: [name: string, adapter: (rows: RawRow[]) => Adapted, frame: Frame][] = [
  [
    'litellm',
    fromLiteLlm,
    (messages, response) => ({ id: 'l', startTime: 1793534400, model: 'm', messages, response }),
  ],
  [
    'portkey',
    fromPortkey,
    (messages, body) => ({
      id: 'p',
      created_at: '2026-11-01T12:00:00Z',
      ai_model: 'm',
      request: { body: { messages } },
      response: { body },
    }),
  ],
  [
    'portkey, as an export',
    fromPortkey,
    (messages, body) => ({
      id: 'p',
      created_at: 1793534400,
      ai_model: 'm',
      'request.body': JSON.stringify({ messages }),
      'response.body': typeof body === 'string' ? body : JSON.stringify(body),
    }),
  ],
  [
    'provider',
    fromProvider,
    (input, response) => ({ id: 'r', time: '2026-11-01', request: { model: 'm', input }, response }),
  ],
];

const read = (adapter: (rows: RawRow[]) => Adapted, value: unknown) => {
  const adapted = adapter([{ value }]);
  const [item] = adapted.items;
  const checked = checkRow({ value: item?.kind === 'row' ? item.row : null });
  if ('error' in checked) throw new Error(`${JSON.stringify(item)}: ${checked.error.message}`);
  return { adapted, row: checked.row };
};
/** Each mark in a text is counted, by its name. */
const marksOf = ({ prompt, completion }: InteractionRow) =>
  `${prompt}\n${completion}`.match(/\[[a-z ]+: not shown\]/g)?.length ?? 0;
const countsOf = ({ notShown }: InteractionRow) =>
  (notShown ?? []).reduce((sum, { count }) => sum + count, 0);

describe.each(ADAPTERS)('%s', (name, adapter, frame) => {
  test.each(shapes('answers'))('an answer: %s', (_what, answered) => {
    const { adapted, row } = read(adapter, frame('asked', answered));
    expect(lostTexts(answered, adapted)).toEqual([]);
    expect(row.prompt).toBe('asked');
    expect(row.completion).not.toBe('');
    expect(countsOf(row)).toBe(marksOf(row));
  });

  test.each(shapes('prompts'))('a prompt: %s', (_what, asked) => {
    const { adapted, row } = read(adapter, frame(asked, 'answered'));
    expect(lostTexts(asked, adapted)).toEqual([]);
    expect(row.completion).toBe('answered');
    expect(countsOf(row)).toBe(marksOf(row));
  });

  test('whatever a text holds is there, wherever it stands', () => {
    for (const text of [
      '\u0000',
      '\ud800',
      '\u202e',
      '[image: not shown]',
      '{"a":1}',
      '<b>',
      'data: x, y',
      '　',
      '-1',
    ]) {
      for (const content of [`w${text}w`, [{ type: 'text', text: `w${text}w` }]]) {
        const { row } = read(
          adapter,
          frame([{ role: 'user', content }], { choices: [{ message: { content } }] }),
        );
        const kept = `w${text}w`.replace(/[\0\ud800]/, '\ufffd');
        expect([row.prompt, row.completion]).toEqual([kept, kept]);
      }
    }
  });

  test('a text that is too long is cut and says so', () => {
    const { row } = read(adapter, frame('asked', 'x'.repeat(1_200_000)));
    expect(row.completion).toMatch(/x…\n\[end of the text: not shown\]$/);
    expect(row.notShown).toEqual([{ what: 'end of the text', count: 1 }]);
  });

  test('a document that is nested deeper than the stack is taken, without what lies too deep', () => {
    // What is written as JSON in a text cannot be deeper than whoever wrote it could go.
    const depth = name.endsWith('export') ? 2_000 : 50_000;
    const deep = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    for (const answered of [
      deep,
      { content: deep },
      { odd: { deep } },
      { content: [{ type: 'image', deep }] },
      { candidates: [{ deep }] },
    ]) {
      expect(read(adapter, frame('asked', answered)).row.prompt).toBe('asked');
    }
  });

  test('documents of known and unknown fields in any order', () => {
    for (let seed = 1; seed <= 600; seed += 2) {
      const said = [randomPart(seed), randomPart(seed + 1)];
      const answered = { choices: said.map((message) => ({ message })) };
      expect(lostTexts(answered, read(adapter, frame('asked', answered)).adapted), `seed ${seed}`).toEqual(
        [],
      );
    }
  });
});
