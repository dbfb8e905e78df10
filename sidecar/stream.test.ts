import { request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { JSON_PLACES, SOUGHT } from '#sdk/testing/json-places';
import { makeRule } from '#sdk/testing/rules';
import { type TestSidecar, testSidecar } from './testing/sidecar.ts';

let desk: TestSidecar;
afterEach(() => desk?.close());

type Line = { text?: string; decision?: { verdict: string }; error?: { code: string } };

/** One open exchange: lines go in while lines come out. */
function open(url: string) {
  const request = httpRequest(`${url}/v1/stream`, { method: 'POST' });
  const send = (line: unknown) =>
    request.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const ended = new Promise<number>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      createInterface(response).on('line', (line) => {
        lines.push(JSON.parse(line));
        for (const wake of waiting) wake();
      });
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
  });
  const shown = () => lines.map(({ text = '' }) => text).join('');
  /** Resolves once all of `text` has come out, while the request is still open. */
  const shows = (text: string) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!shown().startsWith(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { request, send, lines, ended, shown, shows };
}

test('what may be shown comes out while the rest is still being written', async () => {
  desk = await testSidecar([makeRule({ scope: { models: ['coder'] } })]);
  const stream = open(desk.url);
  stream.send({ model: 'coder', tenant: 'acme' });
  stream.send({ text: 'const answer = 42; // and much more of it follows here\n' });
  await stream.shows('const answer = 42;');
  stream.send({ text: 'ev' });
  stream.send({ text: 'ent()' });
  stream.send({ end: true });
  expect(await stream.ended).toBe(200);
  expect(stream.shown()).toBe('const answer = 42; // and much more of it follows here\nevent()');
  expect(stream.lines.at(-1)).toMatchObject({ decision: { verdict: 'allow', seq: 1 } });
});

test('what stands as JSON has the verdict that a whole answer gets, and none of it is shown', async () => {
  desk = await testSidecar([
    makeRule({
      matcher: { kind: 'literal', text: SOUGHT, ignoreCase: false },
      tests: { mustMatch: [{ text: SOUGHT }], mustNotMatch: [] },
    }),
  ]);
  const whole = async (completion: string) => {
    const body = JSON.stringify({ completion });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${desk.url}/v1/decide`, { method: 'POST', headers, body });
    return ((await answer.json()) as { verdict: string }).verdict;
  };
  for (const { name, part, text, hit } of JSON_PLACES) {
    if (part === 'prompt') continue;
    const stream = open(desk.url);
    stream.send({});
    for (let at = 0; at < text.length; at += 5) stream.send({ text: text.slice(at, at + 5) });
    stream.send({ end: true });
    await stream.ended;
    const verdict = stream.lines.at(-1)?.decision?.verdict;
    expect({ name, verdict, whole: await whole(text) }).toEqual({
      name,
      verdict: hit ? 'block' : 'allow',
      whole: hit ? 'block' : 'allow',
    });
    if (!hit) expect(stream.shown()).toBe(text);
    else expect(stream.shown()).not.toMatch(/table|\\u0074\\u0061/);
    stream.request.destroy();
  }
});

test('a match across pieces stops the answer, and none of it has been shown', async () => {
  desk = await testSidecar([makeRule()]);
  const stream = open(desk.url);
  stream.send({});
  for (const text of ['fine so far, ', 'ev', 'il', '(1)', ' and more']) stream.send({ text });
  expect(await stream.ended).toBe(200);
  expect(stream.shown()).not.toContain('ev');
  expect(stream.lines.at(-1)?.decision?.verdict).toBe('block');
  stream.request.destroy();
});

test('a redaction happens in place, whatever the pieces', async () => {
  const rule = makeRule({ action: 'redact' });
  desk = await testSidecar([rule]);
  const stream = open(desk.url);
  stream.send({});
  for (const text of 'a evil(b evil(c') stream.send({ text });
  stream.send({ end: true });
  await stream.ended;
  expect(stream.shown()).toBe(`a [removed by ${rule.ref}]b [removed by ${rule.ref}]c`);
  await desk.sidecar.close();
  const streams = desk.feed.reports.flatMap(({ streams }) => streams ?? []);
  expect(streams.reduce((sum, { streams }) => sum + streams, 0)).toBe(1);
  expect(streams.every(({ unscanned }) => unscanned === 0)).toBe(true);
});

test('a line that is none ends the stream with an error and shows nothing that was held', async () => {
  desk = await testSidecar([makeRule()]);
  const stream = open(desk.url);
  stream.send({});
  stream.send('{"text": ');
  expect(await stream.ended).toBe(200);
  expect(stream.lines).toMatchObject([{ error: { code: 'invalid' } }]);
  const odd = open(desk.url);
  odd.send({ tennant: 'acme' });
  expect(await odd.ended).toBe(400);
});

test('a caller that does not read is not read from: memory stays bounded', async () => {
  desk = await testSidecar([]);
  const request = httpRequest(`${desk.url}/v1/stream`, { method: 'POST' });
  request.write('{}\n');
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
    request.on('response', resolve),
  );
  response.pause();
  const piece = `${JSON.stringify({ text: 'x'.repeat(64 * 1024) })}\n`;
  // Far more than the sockets on the way can hold: unless somebody waits, all of it is taken.
  let taken = 0;
  const total = 1_000;
  while (taken < total && request.writableLength < 4 * 1024 * 1024) {
    request.write(piece);
    taken++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(taken).toBeLessThan(total);
  let read = 0;
  response.on('data', (chunk: Buffer) => (read += chunk.length));
  response.resume();
  request.end('{"end":true}\n');
  await new Promise((resolve) => response.on('end', resolve));
  expect(read).toBeGreaterThan(taken * 64 * 1024);
});
