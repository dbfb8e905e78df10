import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEST_KEY, TestFeed } from '../src/testing/feed.ts';
import { TestModel } from '../src/testing/model.ts';
import { makeRule, makeSnapshot } from '../src/testing/rules.ts';

// Every example runs as it stands, on the built package, beside a real feed.

let feed: TestFeed;
let model: TestModel;

beforeEach(async () => {
  [feed, model] = await Promise.all([new TestFeed().listen(), new TestModel().listen()]);
  feed.publish(makeSnapshot(1, [makeRule({ ref: 'R-1' })]));
});
afterEach(() => Promise.all([feed.kill(), model.close()]));

const at = (name: string) => path.join(import.meta.dirname, name);
const environment = () => ({
  ...process.env,
  STOPGAP_FEED_URL: feed.url,
  STOPGAP_FEED_KEY: TEST_KEY,
  OPENAI_BASE_URL: `${model.url}/v1`,
  UPSTREAM: model.url,
  PORT: '0',
});

/** What the example printed by the time it ended. */
function run(name: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [at(name), ...args], { env: environment() });
    let out = '';
    let problems = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      problems += text;
    });
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${name}: ${problems}`))));
  });
}

test('decide.ts', async () => {
  expect(await run('decide.ts', 'good(1)')).toBe('allow good(1)\n');
  expect(await run('decide.ts', 'evil(1)')).toMatch(/^block /);
});

test('stream.ts', async () => {
  expect(await run('stream.ts', 'x = good(1) and more')).toBe('x = good(1) and more\nallow\n');
  const stopped = await run('stream.ts', 'x = 1 evil(1) and more');
  expect(stopped).not.toContain('evil(');
  expect(stopped).toMatch(/\nblock\n$/);
});

test('openai-client.ts', async () => {
  expect(await run('openai-client.ts')).toBe(model.answer);
  model.answer = 'evil(1)';
  expect(await run('openai-client.ts')).not.toContain('evil(');
});

test('openai-proxy.ts', async () => {
  const child = spawn(process.execPath, [at('openai-proxy.ts')], { env: environment() });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const port = await new Promise<string>((resolve) => {
      child.stdout.on('data', (text) => resolve(/listening on (\d+)/.exec(String(text))?.[1] ?? ''));
    });
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'coder', messages: [{ role: 'user', content: 'hi' }] }),
      });
      return (await answer.json()) as { choices: { finish_reason: string; message: { content: string } }[] };
    };
    expect((await ask()).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: model.answer },
    });
    model.answer = 'evil(1)';
    expect((await ask()).choices[0]).toMatchObject({ finish_reason: 'content_filter' });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});

test('ai-sdk.ts', async () => {
  Object.assign(process.env, { STOPGAP_FEED_URL: feed.url, STOPGAP_FEED_KEY: TEST_KEY });
  const { answer } = await import('./ai-sdk.ts');
  const says = (text: string) =>
    new MockLanguageModelV4({
      doStream: async () => ({
        stream: simulateReadableStream({
          initialDelayInMs: null,
          chunkDelayInMs: null,
          chunks: [
            { type: 'stream-start', warnings: [] },
            { type: 'text-start', id: 't' },
            { type: 'text-delta', id: 't', delta: text },
            { type: 'text-end', id: 't' },
            {
              type: 'finish',
              finishReason: { unified: 'stop', raw: 'stop' },
              usage: {
                inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
                outputTokens: { total: 1, text: 1, reasoning: 0 },
              },
            },
          ],
        }),
      }),
    });
  expect(await answer(says('good(1)'), 'hi')).toBe('good(1)');
  expect(await answer(says('evil(1)'), 'hi')).not.toContain('evil(');
});

test.each([
  ['sdk.md', ['decide.ts', 'stream.ts']],
  ['ai-sdk.md', ['ai-sdk.ts']],
  ['openai-compatible.md', ['openai-client.ts', 'openai-proxy.ts']],
])('docs/serving/%s shows the examples as they run', (page, names) => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/serving', page), 'utf8');
  for (const name of names) expect(text).toContain(readFileSync(at(name), 'utf8').trim());
});
