import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { guardChat } from './http.ts';

// Streams in the shapes that services document: what no rule speaks of goes out as it came, whatever the cut.

let feed: TestFeed;
let guard: Guard;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(makeSnapshot(1, [makeRule({ scope: { tenants: ['ruled'] } })]));
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [field: string]: unknown }) => `event: ${value.type}\n${data(value)}`;
const chat = (delta: object, more: object = {}, top: object = {}) =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'coder-7',
    system_fingerprint: 'fp_1',
    ...top,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  });
const logprobs = (token: string) => ({
  logprobs: { content: [{ token, logprob: -0.1, bytes: [1], top_logprobs: [{ token: 'b', logprob: -3 }] }] },
});
const call = (fields: object) => ({ tool_calls: [{ index: 0, ...fields }] });

const STREAMS: Record<string, string> = {
  'OpenAI chat': [
    chat({ role: 'assistant', content: '', refusal: null }),
    chat({ content: 'x = ' }, logprobs('x = '), { obfuscation: 'abc' }),
    'data: \n\n',
    chat({ content: '1\n' }, logprobs('1\n'), { obfuscation: 'd' }),
    chat(call({ id: 'a', type: 'function', function: { name: 'run', arguments: '' } })),
    chat(call({ function: { arguments: '{"a":' } })),
    chat(call({ function: { arguments: '1}' } })),
    chat({}, { finish_reason: 'tool_calls' }),
    data({
      id: 'chatcmpl-1',
      choices: [],
      usage: { total_tokens: 12, prompt_tokens_details: { cached_tokens: 0 } },
    }),
    'data: [DONE]\n\n',
  ].join(''),
  'OpenAI completions': [
    data({
      id: 'c',
      object: 'text_completion',
      choices: [{ text: 'a = ', index: 0, logprobs: null, finish_reason: null }],
    }),
    data({
      id: 'c',
      object: 'text_completion',
      choices: [{ text: '2', index: 0, logprobs: null, finish_reason: 'stop' }],
    }),
    'data: [DONE]\n\n',
  ].join(''),
  'OpenAI responses': [
    named({
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'r', status: 'in_progress', output: [], tools: [] },
    }),
    named({
      type: 'response.output_item.added',
      sequence_number: 1,
      output_index: 0,
      item: { type: 'reasoning', id: 'rs', summary: [] },
    }),
    named({
      type: 'response.reasoning_summary_text.delta',
      sequence_number: 2,
      item_id: 'rs',
      output_index: 0,
      summary_index: 0,
      delta: 'Think',
    }),
    named({
      type: 'response.reasoning_summary_text.done',
      sequence_number: 3,
      item_id: 'rs',
      output_index: 0,
      summary_index: 0,
      text: 'Think',
    }),
    named({
      type: 'response.output_item.added',
      sequence_number: 4,
      output_index: 1,
      item: { type: 'message', id: 'm', role: 'assistant', content: [] },
    }),
    named({
      type: 'response.content_part.added',
      sequence_number: 5,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
    named({
      type: 'response.output_text.delta',
      sequence_number: 6,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      delta: 'print',
      logprobs: [],
    }),
    named({
      type: 'response.output_text.delta',
      sequence_number: 7,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      delta: '(1)',
      logprobs: [],
    }),
    named({
      type: 'response.output_text.done',
      sequence_number: 8,
      item_id: 'm',
      output_index: 1,
      content_index: 0,
      text: 'print(1)',
    }),
    named({
      type: 'response.output_item.added',
      sequence_number: 9,
      output_index: 2,
      item: { type: 'function_call', id: 'f', name: 'run', arguments: '' },
    }),
    named({
      type: 'response.function_call_arguments.delta',
      sequence_number: 10,
      item_id: 'f',
      output_index: 2,
      delta: '{"a":1}',
    }),
    named({
      type: 'response.function_call_arguments.done',
      sequence_number: 11,
      item_id: 'f',
      output_index: 2,
      arguments: '{"a":1}',
    }),
    named({
      type: 'response.completed',
      sequence_number: 12,
      response: {
        id: 'r',
        status: 'completed',
        output: [{ type: 'message', id: 'm', content: [{ type: 'output_text', text: 'print(1)' }] }],
        usage: { total_tokens: 3 },
      },
    }),
  ].join(''),
  'Anthropic messages': [
    named({
      type: 'message_start',
      message: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [],
        model: 'c',
        stop_reason: null,
        usage: { input_tokens: 1 },
      },
    }),
    named({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    }),
    named({ type: 'ping' }),
    named({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking: 'Let me see' },
    }),
    named({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'signature_delta', signature: 'EqQBCgIYAhIM' },
    }),
    named({ type: 'content_block_stop', index: 0 }),
    named({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } }),
    named({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hello' } }),
    named({ type: 'content_block_stop', index: 1 }),
    named({
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 't', name: 'run', input: {} },
    }),
    named({ type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '' } }),
    named({
      type: 'content_block_delta',
      index: 2,
      delta: { type: 'input_json_delta', partial_json: '{"a": "b"}' },
    }),
    named({ type: 'content_block_stop', index: 2 }),
    named({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 9 },
    }),
    named({ type: 'message_stop' }),
  ].join(''),
  Gemini: [
    data({
      candidates: [{ content: { parts: [{ text: 'Plan', thought: true }], role: 'model' }, index: 0 }],
      modelVersion: 'g',
      responseId: 'x',
    }),
    data({
      candidates: [{ content: { parts: [{ text: 'Hello ' }], role: 'model' }, index: 0 }],
      usageMetadata: { totalTokenCount: 2 },
      modelVersion: 'g',
    }),
    data({
      candidates: [
        {
          content: {
            parts: [{ functionCall: { name: 'run', args: { a: 'b' } }, thoughtSignature: 'Cg==' }],
            role: 'model',
          },
          index: 0,
        },
      ],
    }),
    data({
      candidates: [
        {
          content: { parts: [{ text: 'you' }], role: 'model' },
          finishReason: 'STOP',
          index: 0,
          safetyRatings: [{ category: 'C', probability: 'LOW' }],
        },
      ],
    }),
  ].join(''),
  vLLM: [
    chat(
      { role: 'assistant', content: '' },
      { token_ids: null, stop_reason: null },
      { prompt_token_ids: null },
    ),
    chat({ reasoning_content: 'hm', reasoning: 'hm' }, { token_ids: [1, 2] }),
    chat({ content: 'ok' }, { token_ids: [3] }),
    chat({ content: '' }, { finish_reason: 'stop', stop_reason: 'END' }),
    'data: [DONE]\n\n',
  ].join(''),
  LiteLLM: [
    ': keep-alive\n\n',
    chat({
      role: 'assistant',
      content: 'a',
      provider_specific_fields: null,
      thinking_blocks: [{ type: 'thinking', thinking: 'b', signature: 's' }],
    }),
    'data: keep-alive\n\n',
    chat({
      content: 'c',
      audio: null,
      images: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }],
    }),
    chat({}, { finish_reason: 'stop' }, { citations: ['https://x.test/1', 'https://x.test/2'] }),
    'data: [DONE]\n\n',
  ].join(''),
  OpenRouter: [
    ': OPENROUTER PROCESSING\n\n',
    chat(
      {
        role: 'assistant',
        content: '',
        reasoning: 'hm',
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', format: 'unknown', index: 0 }],
      },
      { native_finish_reason: null },
      { provider: 'P' },
    ),
    ': OPENROUTER PROCESSING\n\n',
    chat(
      {
        content: '',
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'gAAAA', id: 'rs_1', format: 'openai-responses-v1', index: 0 },
        ],
      },
      {},
      { provider: 'P' },
    ),
    chat(
      { role: 'assistant', content: 'yes' },
      { native_finish_reason: 'completed', finish_reason: 'stop' },
      { provider: 'P' },
    ),
    'data: [DONE]\n\n',
  ].join(''),
  heartbeats: [
    '\uFEFFretry: 3000\n\n',
    'id: 7\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    ':\n\n',
    'data\n\n',
    'data: null\n\n',
    'id: 8\ndata: {"choices":null}\nretry: 5\n\n',
    data({ choices: [{ index: 0, delta: null, finish_reason: null }] }),
    data({ id: 1e21, choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }] }),
    'event: error\ndata: {"error":{"message":"overloaded","type":"server_error"}}\n\n',
  ].join(''),
};

/** The same bytes, cut by a simple generator of numbers. */
function cut(bytes: Uint8Array, seed: number): ReadableStream<Uint8Array> {
  let at = 0;
  let state = seed;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      state = (state * 48_271) % 2_147_483_647;
      const length = 1 + (state % (seed % 3 === 0 ? 4 : 200));
      controller.enqueue(bytes.subarray(at, at + length));
      at += length;
    },
  });
}

async function through(body: ReadableStream<Uint8Array>, tenant = 'free'): Promise<string> {
  const request = new Request('http://model/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
  });
  const forward = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  const answer = await guardChat(request, forward, { guard, context: () => ({ tenant }) });
  return Buffer.from(await answer.arrayBuffer()).toString();
}

const blocks = (text: string) => text.split(/\r?\n\r?\n/).filter((each) => each.trim() !== '');
const isEvent = (block: string) => /^data: *[{[]/m.test(block);

describe('with no rule in scope bytes out mean what bytes in meant', () => {
  test.each(Object.keys(STREAMS))('%s', async (name) => {
    for (const newline of ['\n', '\r\n']) {
      const stream = (STREAMS[name] ?? '').replaceAll('\n', newline);
      for (let seed = 1; seed <= 12; seed++) {
        const out = await through(cut(Buffer.from(stream), seed));
        // Comments and heartbeats do not wait for a call that is not whole: each kind keeps its own order.
        expect(blocks(out).filter(isEvent)).toEqual(blocks(stream).filter(isEvent));
        expect(blocks(out).filter((each) => !isEvent(each))).toEqual(
          blocks(stream).filter((each) => !isEvent(each)),
        );
      }
    }
  });
});

describe('with a rule in scope that does not hit', () => {
  /** Everything the model said, field by field. */
  const said = (text: string): Record<string, string> => {
    const words: Record<string, string> = {};
    const add = (path: string, value: unknown): void => {
      if (typeof value === 'string') words[path] = (words[path] ?? '') + value;
      else if (typeof value === 'object' && value !== null) {
        const kind = 'thought' in value ? ' thought' : '';
        for (const [key, each] of Object.entries(value)) {
          if (
            /^(text|content|delta|thinking|reasoning|reasoning_content|arguments|partial_json)$/.test(key) ||
            typeof each === 'object'
          ) {
            add(`${path}${kind}.${Array.isArray(value) ? '' : key}`, each);
          }
        }
      }
    };
    for (const block of blocks(text)) {
      const line = /^data: *(\{.*)$/m.exec(block)?.[1];
      if (line === undefined) continue;
      const value = JSON.parse(line) as { type?: string; index?: number };
      add(`${value.type ?? ''} ${value.index ?? ''}`, { ...value, logprobs: null });
    }
    return Object.fromEntries(
      Object.entries(words).filter(([path, each]) => each !== '' && !path.includes('logprobs')),
    );
  };

  test.each(Object.keys(STREAMS))('%s says the same words', async (name) => {
    const stream = STREAMS[name] ?? '';
    expect(said(await through(cut(Buffer.from(stream), 5), 'ruled'))).toEqual(said(stream));
  });
});

/** What the model said in the chat's words. */
const contentOf = (text: string) =>
  [...text.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, each]) => JSON.parse(`"${each}"`)).join('');

describe('an answer that breaks off', () => {
  const begun = chat({ role: 'assistant', content: 'print(1)\n' });
  const broken = (...pieces: string[]) => {
    let at = 0;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (at < pieces.length) controller.enqueue(Buffer.from(pieces[at++] ?? ''));
        else controller.error(new Error('reset'));
      },
    });
  };

  test('is delivered as far as it came, and then fails', async () => {
    const request = new Request('http://model/v1/chat/completions', {
      method: 'POST',
      body: '{"messages":[]}',
    });
    const forward = async () =>
      new Response(broken(begun, chat({ content: 'y = ev' })), {
        headers: { 'content-type': 'text/event-stream' },
      });
    const answer = await guardChat(request, forward, { guard, context: () => ({ tenant: 'ruled' }) });
    const reader = answer.body?.getReader();
    let text = '';
    await expect(
      (async () => {
        for (;;) {
          const next = await reader?.read();
          if (!next || next.done) return;
          text += Buffer.from(next.value).toString();
        }
      })(),
    ).rejects.toThrow('reset');
    expect(contentOf(text)).toBe('print(1)\ny = ev');
    expect(text).not.toContain('[DONE]');
  });

  test.each([
    ['in words', 'event: error\ndata: upstream connect error\n\n'],
    ['in JSON', data({ error: { message: 'overloaded', code: 529 } })],
    ['of Anthropic', named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })],
  ])('with an error %s: what came goes out before it', async (_name, error) => {
    const out = await through(cut(Buffer.from(begun + chat({ content: 'z = ev' }) + error), 2), 'ruled');
    expect(contentOf(out)).toBe('print(1)\nz = ev');
    expect(out.endsWith(error)).toBe(true);
  });

  test('without its end: what was held back goes out, and nothing claims that it is whole', async () => {
    const out = await through(cut(Buffer.from(begun + chat({ content: 'z = ev' })), 2), 'ruled');
    expect(contentOf(out)).toBe('print(1)\nz = ev');
    expect(out).not.toMatch(/\[DONE\]|"stop"/);
  });
});

describe('where a rule acts, shape and type stay', () => {
  test('an answer in JSON is read as its reader reads it', async () => {
    const stream = ['{"code":"x = ', '\\u0065v', 'il(', '1)\\n"}']
      .map((content) => chat({ content }))
      .join('');
    const out = await through(cut(Buffer.from(stream), 4), 'ruled');
    expect(out).toContain('content_filter');
    expect(contentOf(out)).not.toContain('il(');
  });

  test('a heartbeat inside of a match hides nothing', async () => {
    const stream = [
      chat({ content: 'ev' }),
      'data:\n\n',
      'data: keep-alive\n\n',
      chat({ content: 'il(1)' }),
    ].join('');
    const out = await through(cut(Buffer.from(stream), 4), 'ruled');
    expect(out).toContain('content_filter');
    expect(out).not.toContain('il(1)');
    expect(out).toContain('data: keep-alive');
  });

  test.each<[string, string, RegExp]>([
    [
      'OpenAI responses',
      named({
        type: 'response.output_text.delta',
        sequence_number: 1,
        item_id: 'm',
        output_index: 0,
        content_index: 0,
        delta: 'x = ev',
      }) +
        named({
          type: 'response.output_text.delta',
          sequence_number: 2,
          item_id: 'm',
          output_index: 0,
          content_index: 0,
          delta: 'il(1)',
        }),
      /"type":"response\.incomplete"[\s\S]*"reason":"content_filter"/,
    ],
    [
      'only the whole text of responses',
      named({
        type: 'response.output_text.done',
        sequence_number: 1,
        item_id: 'm',
        output_index: 0,
        content_index: 0,
        text: 'evil(1)',
      }),
      /response\.incomplete/,
    ],
    [
      'Anthropic messages',
      named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
        named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ev' } }) +
        named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'il(1)' } }),
      /content_block_stop[\s\S]*"stop_reason":"refusal"[\s\S]*message_stop/,
    ],
    [
      'Gemini',
      data({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'ev' }] } }] }) +
        data({
          candidates: [
            { index: 0, content: { role: 'model', parts: [{ text: 'il(1)' }] }, finishReason: 'STOP' },
          ],
        }),
      /"finishReason":"SAFETY"/,
    ],
    [
      'OpenRouter’s structured reasoning',
      chat({ reasoning_details: [{ type: 'reasoning.text', text: 'ev', index: 0 }] }) +
        chat({ reasoning_details: [{ type: 'reasoning.text', text: 'il(1)', index: 0 }] }),
      /content_filter/,
    ],
  ])('%s', async (_name, stream, end) => {
    const out = await through(cut(Buffer.from(stream), 3), 'ruled');
    expect(out).not.toContain('il(1)');
    expect(out).toMatch(end);
    for (const block of blocks(out)) {
      const line = /^data: *(\{.*)$/m.exec(block)?.[1];
      if (line !== undefined) expect(() => JSON.parse(line)).not.toThrow();
    }
  });
});
