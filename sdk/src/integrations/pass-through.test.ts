import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { chat, cut, data, named, STREAMS } from '../testing/model-streams.ts';
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
  test('events without an empty line between them are read one by one', async () => {
    const stream = `${chat({ content: 'ev' }).trimEnd()}\n${chat({ content: 'il(1)' })}`;
    const out = await through(cut(Buffer.from(stream), 4), 'ruled');
    expect(out).toContain('content_filter');
    expect(out).not.toContain('il(1)');
  });

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
