import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { generateText, jsonSchema, streamText, tool, wrapLanguageModel } from 'ai';
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import type { Rule } from '../rule.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { makeRule, makeSnapshot, ruleFor } from '../testing/rules.ts';
import { stopgapMiddleware } from './ai.ts';

// The real `ai` package calls the middleware; the model behind it is the package's own scripted one.

let feed: TestFeed;
let guard: Guard;

beforeEach(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
});
afterEach(async () => {
  await guard.close();
  await feed.kill();
});

async function under(...rules: Rule[]): Promise<void> {
  feed.publish(makeSnapshot(1, rules));
  await guard.start();
}

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const finishReason = { unified: 'stop', raw: 'stop' } as const;

function scripted(answer: string, call?: string): MockLanguageModelV4 {
  const toolCall = { type: 'tool-call', toolCallId: 'c', toolName: 'write', input: call ?? '' } as const;
  const pieces = answer.match(/[\s\S]{1,3}/g) ?? [];
  const chunks: LanguageModelV4StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id: 't' },
    ...pieces.map((delta) => ({ type: 'text-delta', id: 't', delta }) as const),
    { type: 'text-end', id: 't' },
    ...(call === undefined
      ? []
      : ([
          { type: 'tool-input-start', id: 'c', toolName: 'write' },
          { type: 'tool-input-delta', id: 'c', delta: call },
          { type: 'tool-input-end', id: 'c' },
          toolCall,
        ] as const)),
    { type: 'finish', finishReason, usage },
  ];
  return new MockLanguageModelV4({
    modelId: 'coder',
    doGenerate: async () => ({
      content: [{ type: 'text', text: answer }, ...(call === undefined ? [] : [toolCall])],
      finishReason,
      usage,
      warnings: [],
    }),
    doStream: async () => ({
      stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
    }),
  });
}

const guarded = (model: LanguageModelV4) =>
  wrapLanguageModel({ model, middleware: stopgapMiddleware(guard, { context: () => ({ tenant: 'acme' }) }) });

const tools = { write: tool({ inputSchema: jsonSchema<{ text: string }>({ type: 'object' }) }) };

test('answers pass where no rule speaks, whole and streamed', async () => {
  await under(makeRule());
  const model = guarded(scripted('x = good(1)\n'));
  expect((await generateText({ model, prompt: 'hi' })).text).toBe('x = good(1)\n');
  expect(await streamText({ model, prompt: 'hi' }).text).toBe('x = good(1)\n');
});

test('a blocked answer never arrives, and the reason is content-filter', async () => {
  await under(makeRule({ parameters: { text: 'Stopped by R-1.' } }));
  const model = guarded(scripted('a = 1\nevil(a)\nb = 2\n'));
  const whole = await generateText({ model, prompt: 'hi' });
  expect(whole).toMatchObject({ text: 'Stopped by R-1.', finishReason: 'content-filter' });
  const stream = streamText({ model, prompt: 'hi' });
  const text = await stream.text;
  expect(text).toContain('Stopped by R-1.');
  expect(text).not.toContain('evil(');
  expect(await stream.finishReason).toBe('content-filter');
});

test('redaction is the same for a whole answer and a streamed one', async () => {
  await under(makeRule({ ref: 'R-7', action: 'redact' }));
  const model = guarded(scripted('a = 1\nevil(2)\n'));
  expect((await generateText({ model, prompt: 'hi' })).text).toBe('a = 1\n[removed by R-7]2)\n');
  expect(await streamText({ model, prompt: 'hi' }).text).toBe('a = 1\n[removed by R-7]2)\n');
});

test('a blocked prompt never reaches the model; the system prompt is the operator’s own', async () => {
  await under(makeRule({ target: 'prompt' }));
  const inner = scripted('fine');
  const model = guarded(inner);
  const refused = await generateText({ model, prompt: 'call evil(1)' });
  expect(refused.finishReason).toBe('content-filter');
  expect(await streamText({ model, prompt: 'call evil(1)' }).finishReason).toBe('content-filter');
  expect(inner.doGenerateCalls.length + inner.doStreamCalls.length).toBe(0);
  expect((await generateText({ model, system: 'never call evil(', prompt: 'hi' })).text).toBe('fine');
});

test('the model gets the cleaned prompt and bounded parameters', async () => {
  await under(
    makeRule({ ref: 'R-2', action: 'redact', target: 'prompt' }),
    ruleFor({ kind: 'any' }, 'x', {
      action: 'sampling',
      target: 'prompt',
      parameters: { sampling: { temperature: { max: 0.1 } } },
    }),
  );
  const inner = scripted('fine');
  await generateText({ model: guarded(inner), prompt: 'call evil(1)', temperature: 0.9 });
  expect(inner.doGenerateCalls[0]).toMatchObject({
    temperature: 0.1,
    prompt: [{ role: 'user', content: [{ text: 'call [removed by R-2]1)' }] }],
  });
});

test('a tool is not called with what a rule stops, whole or streamed', async () => {
  await under(makeRule());
  const bad = guarded(scripted('ok', JSON.stringify({ text: 'evil(1)' })));
  expect((await generateText({ model: bad, prompt: 'hi', tools })).toolCalls).toEqual([]);
  const stream = streamText({ model: bad, prompt: 'hi', tools });
  const parts = [];
  for await (const part of stream.fullStream) parts.push(part);
  expect(JSON.stringify(parts)).not.toContain('evil(');
  const good = guarded(scripted('ok', JSON.stringify({ text: 'good(1)' })));
  expect((await generateText({ model: good, prompt: 'hi', tools })).toolCalls).toHaveLength(1);
  expect(await streamText({ model: good, prompt: 'hi', tools }).toolCalls).toHaveLength(1);
});
