import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { makeSnapshot, ruleFor } from '../testing/rules.ts';
import { guardChat } from './http.ts';

// Calls of tools as services really stream them: one index for all, none, pieces in each other's way, JSON in JSON.

let feed: TestFeed;
let guard: Guard;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  const rule = ruleFor({ kind: 'imports', packages: ['acme-spy'] }, 'import acme_spy');
  feed.publish(makeSnapshot(1, [rule]));
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

const EVIL = JSON.stringify({ path: 'b.py', content: 'import os\nimport acme_spy\nacme_spy.go()\n' });
const GOOD = JSON.stringify({ path: 'a.py', content: 'import os\nprint(1)\n' });
type Piece = { index?: number; id?: string; type?: string; function?: object; custom?: object };
const piece = (input: string, more: Piece = {}): Piece => ({ function: { arguments: input }, ...more });

async function through(answer: string, type: string): Promise<string> {
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'write' }] });
  const request = new Request('http://model/v1/chat/completions', { method: 'POST', body });
  const forward = async () => new Response(answer, { headers: { 'content-type': type } });
  return (await guardChat(request, forward, { guard })).text();
}
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const streamed = (...deltas: Piece[][]) =>
  through(
    `${deltas.map((calls) => chunk({ tool_calls: calls })).join('')}${chunk({}, 'tool_calls')}data: [DONE]\n\n`,
    'text/event-stream',
  );

const halves = [EVIL.slice(0, 45), EVIL.slice(45)] as const;

describe('a streamed call that a rule stops is not handed on', () => {
  test.each<[string, Piece[][]]>([
    ['one index, two ids', [[piece(GOOD, { index: 0, id: 'a' })], [piece(EVIL, { index: 0, id: 'b' })]]],
    ['both in one delta', [[piece(GOOD, { index: 0, id: 'a' }), piece(EVIL, { index: 0, id: 'b' })]]],
    ['one index, no ids', [[piece(GOOD, { index: 0 })], [piece(EVIL, { index: 0 })]]],
    ['no index, no ids', [[piece(GOOD)], [piece(EVIL)]]],
    ['no index, both in one delta', [[piece(GOOD), piece(EVIL)]]],
    ['ids without index', [[piece(GOOD, { id: 'a' })], [piece(EVIL, { id: 'b' })]]],
    [
      'pieces under one index',
      [
        [piece(GOOD, { index: 0, id: 'a' })],
        [piece(halves[0], { index: 0, id: 'b' })],
        [piece(halves[1], { index: 0 })],
      ],
    ],
    [
      'pieces in each other’s way',
      [
        [piece(GOOD.slice(0, 9), { index: 0, id: 'a' }), piece(halves[0], { index: 1, id: 'b' })],
        [piece(halves[1], { index: 1 }), piece(GOOD.slice(9), { index: 0 })],
      ],
    ],
    [
      'another id for each piece',
      [[piece(halves[0], { index: 0, id: 'a' })], [piece(halves[1], { index: 0, id: 'b' })]],
    ],
    ['an id that comes late', [[piece(halves[0], { index: 0 })], [piece(halves[1], { index: 0, id: 'a' })]]],
    ['cut off', [[piece(EVIL.slice(0, -4), { index: 0, id: 'a' })]]],
    ['a bracket too many', [[piece(`${EVIL}}`, { index: 0, id: 'a' })]]],
    ['JSON in an argument', [[piece(JSON.stringify({ ops: EVIL }), { index: 0, id: 'a' })]]],
    ['arguments encoded twice', [[piece(JSON.stringify(EVIL), { index: 0, id: 'a' })]]],
    ['a custom tool', [[{ index: 0, id: 'a', type: 'custom', custom: { name: 'x', input: EVIL } }]]],
    ['arguments as an object', [[{ index: 0, id: 'a', function: { arguments: JSON.parse(EVIL) } }]]],
  ])('%s', async (_name, deltas) => {
    const text = await streamed(...deltas);
    expect(text).toContain('"finish_reason":"content_filter"');
    expect(text).not.toContain('acme_spy');
    expect(text).not.toContain('tool_calls');
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });
});

test.each([0, 1, 2, 3])(
  'an answer in JSON that is encoded %i times in JSON is stopped like a whole one',
  async (times) => {
    let text = EVIL;
    for (let time = 0; time < times; time++) text = JSON.stringify(time % 2 === 0 ? { text } : [text]);
    const pieces = text.match(/.{1,5}/gs) ?? [];
    const answer = [...pieces.map((content) => chunk({ content })), chunk({}, 'stop'), 'data: [DONE]\n\n'];
    const message = { role: 'assistant', content: text };
    const whole = JSON.stringify({ choices: [{ index: 0, finish_reason: 'stop', message }] });
    expect(await through(answer.join(''), 'text/event-stream')).toContain('content_filter');
    expect(await through(whole, 'application/json')).toContain('content_filter');
  },
);

test('a piece that could belong to one of two open calls stops them', async () => {
  const text = await streamed(
    [piece('{"a":', { index: 0, id: 'a' })],
    [piece('{"b":', { index: 0, id: 'b' })],
    [piece('1}', { index: 0 })],
  );
  expect(text).toContain('content_filter');
  expect(text).not.toContain('tool_calls');
});

test('calls that no rule speaks of are handed on as they came', async () => {
  const text = await streamed(
    [piece(GOOD, { index: 0, id: 'a' })],
    [piece(GOOD.slice(0, 9), { index: 1, id: 'b' })],
    [piece(GOOD.slice(9), { index: 1 })],
  );
  expect(text).not.toContain('content_filter');
  expect(text.match(/tool_calls":\[/g)).toHaveLength(3);
});

const responses = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const block = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

test.each<[string, string, string]>([
  [
    'whole, two objects in one',
    JSON.stringify({ choices: [{ index: 0, message: { tool_calls: [piece(GOOD + EVIL, { id: 'a' })] } }] }),
    'application/json',
  ],
  [
    'whole, encoded twice',
    JSON.stringify({ choices: [{ index: 0, message: { tool_calls: [piece(JSON.stringify(EVIL))] } }] }),
    'application/json',
  ],
  [
    'responses, whole',
    JSON.stringify({ object: 'response', output: [{ type: 'function_call', name: 'w', arguments: EVIL }] }),
    'application/json',
  ],
  [
    'messages, whole',
    JSON.stringify({ type: 'message', content: [{ type: 'tool_use', name: 'w', input: JSON.parse(EVIL) }] }),
    'application/json',
  ],
  [
    'responses, in pieces',
    responses('response.output_item.added', {
      output_index: 0,
      item: { type: 'function_call', id: 'f', name: 'w', arguments: '' },
    }) +
      responses('response.function_call_arguments.delta', {
        item_id: 'f',
        output_index: 0,
        delta: halves[0],
      }) +
      responses('response.function_call_arguments.delta', {
        item_id: 'f',
        output_index: 0,
        delta: halves[1],
      }) +
      responses('response.function_call_arguments.done', { item_id: 'f', output_index: 0, arguments: EVIL }) +
      responses('response.completed', { response: { object: 'response', output: [] } }),
    'text/event-stream',
  ],
  [
    'responses, only in the last event',
    responses('response.completed', {
      response: {
        object: 'response',
        output: [{ type: 'function_call', id: 'f', name: 'w', arguments: EVIL }],
      },
    }),
    'text/event-stream',
  ],
  [
    'messages, in pieces',
    block('content_block_start', {
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'w', input: {} },
    }) +
      block('content_block_delta', {
        index: 0,
        delta: { type: 'input_json_delta', partial_json: halves[0] },
      }) +
      block('content_block_delta', {
        index: 0,
        delta: { type: 'input_json_delta', partial_json: halves[1] },
      }) +
      block('content_block_stop', { index: 0 }) +
      block('message_stop', {}),
    'text/event-stream',
  ],
  [
    'Gemini',
    `data: ${JSON.stringify({ candidates: [{ index: 0, content: { role: 'model', parts: [{ functionCall: { name: 'w', args: JSON.parse(EVIL) } }] } }] })}\n\n`,
    'text/event-stream',
  ],
])('in other contracts too: %s', async (_name, answer, type) => {
  const text = await through(answer, type);
  expect(text).not.toContain('acme_spy');
  expect(text).toMatch(/content_filter|refusal|SAFETY/);
});
