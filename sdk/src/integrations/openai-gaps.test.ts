import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { guardChat } from './openai.ts';

// Everything a service may put words into, and every way round the guard that a request may try.

let feed: TestFeed;
let guard: Guard;
let asked: { path: string; body: Record<string, unknown> }[];

beforeEach(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(
    makeSnapshot(1, [
      makeRule({ ref: 'R-1', target: 'completion' }),
      makeRule({ id: crypto.randomUUID(), ref: 'R-2', target: 'prompt' }),
    ]),
  );
  await guard.start();
  asked = [];
});
afterEach(async () => {
  await guard.close();
  await feed.kill();
});

interface Said {
  path?: string;
  method?: string;
  body?: unknown;
  answer?: string;
  type?: string;
}

async function through({ path = '/v1/chat/completions', method = 'POST', body, answer, type }: Said) {
  const sent = body ?? { model: 'coder', messages: [{ role: 'user', content: 'hello' }] };
  const request = new Request(`http://model${path}`, {
    method,
    ...(method === 'GET' ? {} : { body: JSON.stringify(sent) }),
  });
  const response = await guardChat(
    request,
    async (next) => {
      const text = await next.text();
      asked.push({ path: new URL(next.url).pathname, body: text === '' ? {} : JSON.parse(text) });
      const headers = { 'content-type': type ?? 'application/json', 'content-encoding': 'identity' };
      return new Response(answer ?? '{"choices":[]}', { headers });
    },
    { guard },
  );
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const whole = (choice: object, rest: object = {}) =>
  JSON.stringify({ id: 'c', object: 'chat.completion', ...rest, choices: [{ index: 0, ...choice }] });
const events = (...choices: object[]) =>
  `${choices.map((choice) => `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, ...choice }] })}\r\n\r\n`).join('')}data: [DONE]\r\n\r\n`;
const call = (input: string) => [
  { index: 0, id: 'a', type: 'function', function: { name: 'w', arguments: input } },
];

describe('a whole answer', () => {
  const escaped = '{"text":"\\u0065vil(1)"}';
  test.each([
    ['reasoning_content', { message: { role: 'assistant', content: 'ok', reasoning_content: 'evil(1)' } }],
    ['reasoning', { message: { content: 'ok', reasoning: 'evil(1)' } }],
    ['refusal', { message: { content: null, refusal: 'evil(1)' } }],
    ['a function call', { message: { content: null, function_call: { name: 'w', arguments: 'evil(1)' } } }],
    [
      'a custom tool',
      { message: { tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'w', input: 'evil(1)' } }] } },
    ],
    ['an escaped call', { message: { content: null, tool_calls: call(escaped) } }],
    [
      'parts',
      {
        message: {
          content: [
            { type: 'text', text: 'ev' },
            { type: 'text', text: 'il(1)' },
          ],
        },
      },
    ],
    [
      'a field nobody knows',
      { message: { content: 'ok', thoughts: [{ text: 'evil(1)' }] }, other: 'evil(1)' },
    ],
    ['log probabilities', { message: { content: 'evil(1)' }, logprobs: { content: [{ token: 'evil(1)' }] } }],
    ['text beside a message', { message: { content: 'ok' }, text: 'evil(1)' }],
  ])('is guarded in %s', async (_name, choice) => {
    const { status, text } = await through({ answer: whole({ finish_reason: 'stop', ...choice }) });
    expect(status).toBe(200);
    expect(text).not.toContain('evil(');
    expect(text).not.toContain(escaped);
    expect(text).not.toContain('il(1)');
  });

  test('keeps what no rule speaks of', async () => {
    const choice = {
      message: { role: 'assistant', content: 'a', reasoning_content: 'b', tool_calls: call('{"x":1}') },
      logprobs: { content: [{ token: 'a' }] },
      finish_reason: 'stop',
    };
    const { text } = await through({ answer: whole(choice, { usage: { total_tokens: 3 } }) });
    expect(JSON.parse(text)).toEqual(JSON.parse(whole(choice, { usage: { total_tokens: 3 } })));
  });

  test.each(['text/plain', 'application/octet-stream', ''])(
    'of the type "%s" is not handed on unread',
    async (type) => {
      const { status, text } = await through({ answer: whole({ message: { content: 'evil(1)' } }), type });
      expect(text).not.toContain('evil(');
      expect(status).toBe(502);
    },
  );

  test('in another form is not handed on unread', async () => {
    for (const answer of ['{"output_text":"evil(1)"}', '[{"text":"evil(1)"}]', 'evil(1)', 'null']) {
      expect((await through({ answer })).text).not.toContain('evil(');
    }
  });
});

describe('a streamed answer', () => {
  test.each([
    [
      'reasoning_content',
      [{ delta: { role: 'assistant', reasoning_content: 'ev' } }, { delta: { reasoning_content: 'il(1)' } }],
    ],
    ['refusal', [{ delta: { refusal: 'ev' } }, { delta: { refusal: 'il(1)' } }]],
    [
      'a function call',
      [
        { delta: { function_call: { name: 'w', arguments: 'ev' } } },
        { delta: { function_call: { arguments: 'il(1)' } } },
      ],
    ],
    [
      'a custom tool',
      [
        { delta: { tool_calls: [{ index: 0, custom: { input: 'ev' } }] } },
        { delta: { tool_calls: [{ index: 0, custom: { input: 'il(1)' } }] } },
      ],
    ],
    [
      'parts',
      [
        { delta: { content: [{ type: 'text', text: 'ev' }] } },
        { delta: { content: [{ type: 'text', text: 'il(1)' }] } },
      ],
    ],
    ['fields nobody knows', [{ delta: { thoughts: [{ text: 'evil(1)' }] }, other: 'evil(1)' }]],
    ['its last message', [{ delta: {}, message: { content: 'evil(1)' }, text: 'evil(1)' }]],
    ['log probabilities', [{ delta: { content: 'evil(1)' }, logprobs: { content: [{ token: 'evil(1)' }] } }]],
    ['text after a message', [{ delta: { role: 'assistant' } }, { text: 'evil(1)' }]],
  ])('is guarded in %s', async (_name, choices) => {
    for (const type of ['text/event-stream', 'Text/Event-Stream; charset=utf-8']) {
      const answer = events(...choices, { delta: {}, finish_reason: 'stop' });
      const { text, headers } = await through({ type, answer });
      expect(text).not.toContain('evil(');
      expect(text).not.toContain('il(1)');
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      expect(headers.get('content-encoding')).toBeNull();
    }
  });

  test('of another contract is not handed on', async () => {
    const answer =
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"evil(1)"}\n\n';
    expect((await through({ type: 'text/event-stream', answer })).text).not.toContain('evil(');
  });

  test('keeps what no rule speaks of, and its usage', async () => {
    const said = [
      { delta: { role: 'assistant', reasoning_content: 'b' } },
      { delta: { content: 'a' } },
      { delta: { tool_calls: call('{}') } },
    ];
    const usage = 'data: {"id":"c","choices":[],"usage":{"total_tokens":3}}\n\n';
    const answer = events(...said, { delta: {}, finish_reason: 'tool_calls' }).replace(
      'data: [DONE]',
      `${usage}data: [DONE]`,
    );
    const { text } = await through({ type: 'text/event-stream', answer });
    for (const part of [
      '"reasoning_content":"b"',
      '"content":"a"',
      '"arguments":"{}"',
      '"finish_reason":"tool_calls"',
      '"total_tokens":3',
    ])
      expect(text).toContain(part);
  });
});

describe('a request', () => {
  test.each([
    ['completions', { prompt: ['hello', 'evil(1)'] }, '/v1/completions'],
    ['a suffix', { prompt: 'a', suffix: 'evil(1)' }, '/v1/completions'],
    ['a role nobody knows', { messages: [{ role: 'User', content: 'evil(1)' }] }, undefined],
    ['no role', { messages: [{ content: 'evil(1)' }] }, undefined],
    ['a part of text alone', { messages: [{ role: 'user', content: ['evil(1)'] }] }, undefined],
  ])('is guarded in %s', async (_name, body, path) => {
    expect((await through({ body, ...(path !== undefined && { path }) })).status).toBe(400);
    expect(asked).toEqual([]);
  });

  test('in tokens cannot be read and is refused', async () => {
    for (const prompt of [
      [1, 2],
      [[1, 2], [3]],
    ]) {
      expect((await through({ path: '/v1/completions', body: { prompt } })).status).toBe(400);
    }
    expect(asked).toEqual([]);
  });

  test.each([
    '/v1/chat/completions/',
    '/v1//chat/completions',
    '/v1/chat/Completions',
    '/v1/chat/completion%73',
  ])('to %s is guarded as well', async (path) => {
    const { text } = await through({ path, answer: whole({ message: { content: 'evil(1)' } }) });
    expect(text).not.toContain('evil(');
  });

  test.each([
    ['POST', '/v1/responses/compact'],
    ['POST', '/v1/threads/t/messages'],
    ['GET', '/v1/responses/r-1'],
    ['POST', '/v1/messages/batches'],
    ['POST', '/api/generate'],
    ['PUT', '/v1/chat/completions'],
    ['GET', '/v1/chat/completions/c-1'],
    ['POST', '/v1/embeddings/..%2fchat/completions%2f..%2fcompletions;x'],
    ['POST', '/v1/batches'],
  ])('for an answer that nobody would read is refused: %s %s', async (method, path) => {
    expect((await through({ method, path })).status).toBe(501);
    expect(asked).toEqual([]);
  });

  test.each([
    ['GET', '/v1/models'],
    ['POST', '/v1/embeddings'],
    ['POST', '/v1/moderations'],
  ])('for no answer goes by: %s %s', async (method, path) => {
    expect((await through({ method, path })).status).toBe(200);
    expect(asked).toHaveLength(1);
  });
});
