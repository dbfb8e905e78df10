import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { chat, data, named } from '../testing/model-streams.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { partsGuard } from './ai-parts.ts';
import { guardChat } from './http.ts';

// Clients show what streams as one text: the words of a rule are a paragraph behind what came, and nothing but
// themselves where nothing came.

const WORDS = 'Stopped by R-7.';
let feed: TestFeed;
let guard: Guard;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(makeSnapshot(1, [makeRule({ parameters: { text: WORDS } })]));
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

async function through(body: string): Promise<string> {
  const request = new Request('http://model/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
  });
  const forward = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  return (await guardChat(request, forward, { guard })).text();
}

interface Shape {
  says(text: string): string;
  reasons?(text: string): string;
  calls?(text: string): string;
  begin?: string;
  end: string;
  /** Each piece is a block of its own, which goes out as a whole. */
  isBlocks?: true;
  /** What a client that shows each piece as it comes has shown in the end. */
  reads(event: Record<string, never>): string | undefined;
}

const block = (index: number, start: object, delta: object) =>
  named({ type: 'content_block_start', index, content_block: start }) +
  named({ type: 'content_block_delta', index, delta }) +
  named({ type: 'content_block_stop', index });
let blocks = 0;
const candidate = (part: object, more: object = {}) =>
  data({ candidates: [{ index: 0, content: { role: 'model', parts: [part] }, ...more }] });
const piece = (type: string, delta: string, at: number) =>
  named({ type, sequence_number: at, item_id: `i${at}`, output_index: at, content_index: 0, delta });
const choice = (fields: object) =>
  data({ id: 'c', object: 'text_completion', choices: [{ index: 0, ...fields }] });

const SHAPES: Record<string, Shape> = {
  'OpenAI chat': {
    says: (content) => chat({ content }),
    reasons: (text) => chat({ reasoning_content: text }),
    calls: (text) =>
      chat({ tool_calls: [{ index: 0, id: 'a', function: { name: 'run', arguments: text } }] }),
    end: chat({}, { finish_reason: 'stop' }),
    reads: ({ choices }) => (choices as unknown as { delta: { content?: string } }[])?.[0]?.delta.content,
  },
  'OpenAI chat in parts': {
    says: (text) => chat({ content: [{ type: 'text', text }] }),
    end: chat({}, { finish_reason: 'stop' }),
    reads: ({ choices }) => {
      const content = (choices as unknown as { delta: { content?: unknown } }[])?.[0]?.delta.content;
      return Array.isArray(content) ? content.map(({ text }) => text).join('') : (content as string);
    },
  },
  'OpenAI completions': {
    says: (text) => choice({ text, finish_reason: null }),
    end: choice({ text: '', finish_reason: 'stop' }),
    reads: ({ choices }) => (choices as unknown as { text?: string }[])?.[0]?.text,
  },
  Anthropic: {
    isBlocks: true,
    says: (text) => block(blocks++, { type: 'text', text: '' }, { type: 'text_delta', text }),
    reasons: (text) =>
      block(blocks++, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: text }),
    calls: (text) =>
      block(
        blocks++,
        { type: 'tool_use', id: 'a', name: 'run', input: {} },
        { type: 'input_json_delta', partial_json: text },
      ),
    begin: named({ type: 'message_start', message: { id: 'm', role: 'assistant', content: [] } }),
    end: named({ type: 'message_stop' }),
    reads: ({ delta }) => (delta as { text?: string } | undefined)?.text,
  },
  Gemini: {
    says: (text) => candidate({ text }),
    reasons: (text) => candidate({ text, thought: true }),
    calls: (text) => candidate({ functionCall: { name: 'run', args: JSON.parse(text) } }),
    end: candidate({ text: '' }, { finishReason: 'STOP' }),
    reads: ({ candidates }) => {
      const parts = (
        candidates as unknown as { content?: { parts: { text?: string; thought?: boolean }[] } }[]
      )?.[0]?.content?.parts;
      return parts?.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join('');
    },
  },
  'OpenAI responses': {
    says: (text) => piece('response.output_text.delta', text, 1),
    reasons: (text) => piece('response.reasoning_summary_text.delta', text, 0),
    calls: (text) => piece('response.function_call_arguments.delta', text, 2),
    begin: named({ type: 'response.created', sequence_number: 0, response: { id: 'r', output: [] } }),
    end: named({ type: 'response.completed', sequence_number: 9, response: { id: 'r', output: [] } }),
    reads: ({ type, delta }) => (type === 'response.output_text.delta' ? delta : undefined),
  },
};

/** Some of what came before the match, then a blank line and the words. */
function expectBroken(said: string, before: string) {
  const end = `\n\n${WORDS}`;
  expect(said.slice(-end.length)).toBe(end);
  const shown = said.slice(0, -end.length);
  expect(shown).not.toBe('');
  expect(before.slice(0, shown.length)).toBe(shown);
}

function shown({ reads }: Shape, text: string): string {
  return text
    .split('\n\n')
    .flatMap((each) => /^data: (\{.*)$/m.exec(each)?.[1] ?? [])
    .map((line) => reads(JSON.parse(line)) ?? '')
    .join('');
}

describe.each(Object.entries(SHAPES))('%s', (_, shape) => {
  const { says, reasons, calls, begin = '', end } = shape;
  const read = async (...pieces: string[]) => shown(shape, await through([begin, ...pieces, end].join('')));

  test('a paragraph break where words came before', async () => {
    blocks = 0;
    expectBroken(
      await read(says('Here is it: '), says('y = 2 '), says('evil(1)'), says(' and on')),
      'Here is it: y = 2 ',
    );
    blocks = 0;
    const before = shape.isBlocks ? 'So it is: evi' : 'So it is: ';
    expectBroken(await read(says('So it is: '), says('ev'), says('il(1)')), before);
  });

  test('nothing but the words where none came', async () => {
    blocks = 0;
    expect(await read(says('evil(1)'), says(' and on'))).toBe(WORDS);
    blocks = 0;
    if (!shape.isBlocks) expect(await read(says(''), says('ev'), says('il(1)'))).toBe(WORDS);
  });

  test.runIf(reasons)('what it reasoned is no words of the answer', async () => {
    blocks = 0;
    expect(await read(reasons?.('Let me think. ') ?? '', says('evil(1)'))).toBe(WORDS);
  });

  test.runIf(calls)('a call that a rule stops', async () => {
    blocks = 0;
    expectBroken(await read(says('I run it.'), calls?.('{"code":"evil(1)"}') ?? ''), 'I run it.');
    blocks = 0;
    expect(await read(calls?.('{"code":"evil(1)"}') ?? '')).toBe(WORDS);
  });
});

test('of several choices each has its own break', async () => {
  const say = (index: number, content: string) => chat({ content }, { index });
  const body = [say(0, 'One by one. '), say(1, 'evil(1)'), say(0, 'evil(2)'), 'data: [DONE]\n\n'].join('');
  const request = new Request('http://model/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'm', n: 2, stream: true, messages: [{ role: 'user', content: 'hi' }] }),
  });
  const forward = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  const text = await (await guardChat(request, forward, { guard })).text();
  const said = ['', ''];
  for (const [, line] of text.matchAll(/^data: (\{.*)$/gm)) {
    for (const { index, delta } of JSON.parse(line ?? '').choices) said[index] += delta.content ?? '';
  }
  expectBroken(said[0] ?? '', 'One by one. ');
  expect(said[1]).toBe(WORDS);
});

test.each([
  [['Here: ', 'x = 1 ', 'evil(1)'], 'Here: x = 1 '],
  [['ev', 'il(1)'], ''],
])('the parts of the ai package: %j', async (pieces, before) => {
  const stream = new ReadableStream({
    start: (controller) => {
      controller.enqueue({ type: 'text-start', id: 't' });
      for (const delta of pieces) controller.enqueue({ type: 'text-delta', id: 't', delta });
      controller.enqueue({ type: 'text-end', id: 't' });
      controller.close();
    },
  });
  let said = '';
  for await (const part of stream.pipeThrough(partsGuard(guard, {}))) {
    if (part.type === 'text-delta') said += part.delta;
  }
  if (before === '') expect(said).toBe(WORDS);
  else expectBroken(said, before);
});

test.each([
  [['Here: ', 'x = 1 ', 'evil(1)'], 'Here: x = 1 '],
  [['ev', 'il(1)'], ''],
])('a stream of plain text that shows the message: %j', async (pieces, before) => {
  const source = new ReadableStream<string>({
    start: (controller) => {
      for (const each of pieces) controller.enqueue(each);
      controller.close();
    },
  });
  let said = '';
  for await (const text of source.pipeThrough(guard.stream({}, { blocked: 'message' }))) said += text;
  if (before === '') expect(said).toBe(WORDS);
  else expectBroken(said, before);
});
