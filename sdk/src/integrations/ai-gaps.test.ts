import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { wrapLanguageModel } from 'ai';
import { convertReadableStreamToArray, MockLanguageModelV4, simulateReadableStream } from 'ai/test';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { stopgapMiddleware } from './ai.ts';

// Where a model of the `ai` package can say something beside its text.

let feed: TestFeed;
let guard: Guard;

beforeEach(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(makeSnapshot(1, [makeRule()]));
  await guard.start();
});
afterEach(async () => {
  await guard.close();
  await feed.kill();
});

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const finishReason = { unified: 'stop', raw: 'stop' } as const;
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
const guarded = (model: MockLanguageModelV4) =>
  wrapLanguageModel({ model, middleware: stopgapMiddleware(guard) });

test.each([
  ['reasoning', [{ type: 'reasoning', text: 'evil(1)' }]],
  ['the body of the service', [{ type: 'text', text: 'evil(1)' }]],
  [
    'an escaped call',
    [{ type: 'tool-call', toolCallId: 'c', toolName: 'w', input: '{"a":"\\u0065vil(1)"}' }],
  ],
] as const)('a whole answer is guarded in %s', async (_name, content) => {
  const model = new MockLanguageModelV4({
    doGenerate: async () => ({
      content: [...content],
      finishReason,
      usage,
      warnings: [],
      response: { id: 'r', body: { said: 'evil(1)' } },
      providerMetadata: { p: { logprobs: ['evil(1)'] } },
    }),
  });
  const result = await guarded(model).doGenerate({ prompt });
  expect(JSON.stringify(result)).not.toContain('vil(1)');
  expect(result.finishReason.unified).toBe('content-filter');
  expect(result.response?.id).toBe('r');
});

test('a streamed answer is guarded in reasoning and says nothing raw', async () => {
  const chunks: LanguageModelV4StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    { type: 'raw', rawValue: { said: 'evil(1)' } },
    // The same id as the text's: providers number them apart.
    { type: 'reasoning-start', id: '0' },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: 'fine' },
    { type: 'reasoning-delta', id: '0', delta: 'ev' },
    { type: 'reasoning-delta', id: '0', delta: 'il(1)' },
    { type: 'reasoning-end', id: '0' },
    { type: 'text-end', id: '0' },
    { type: 'finish', finishReason, usage },
  ];
  const model = new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
    }),
  });
  const { stream } = await guarded(model).doStream({ prompt });
  const parts = await convertReadableStreamToArray(stream);
  const said = parts.flatMap((part) => ('delta' in part ? [part.delta] : [])).join('');
  expect(said).not.toContain('il(1)');
  expect(parts.some(({ type }) => type === 'raw')).toBe(false);
  expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'content-filter' } });
});

test.each([
  ['what a model says last before it breaks off is shown', 'x = evi', 'x = evi'],
  ['unless a rule stops it', 'x = evil(1)', 'This answer was held back'],
])('%s', async (_name, delta, shown) => {
  const chunks: LanguageModelV4StreamPart[] = [
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta },
  ];
  const model = new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
    }),
  });
  const { stream } = await guarded(model).doStream({ prompt });
  const parts = await convertReadableStreamToArray(stream);
  const said = parts.flatMap((part) => ('delta' in part ? [part.delta] : [])).join('');
  expect(said.startsWith(shown)).toBe(true);
  expect(said).not.toContain('evil(');
});
