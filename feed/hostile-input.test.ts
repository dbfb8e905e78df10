import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ERROR_STATUS } from '#lib/errors';
import { reportBatchSchema, reportSchema, sampleBatchSchema } from '#sdk/report';
import { tryJson } from '#tests/hostile/answers';
import { fieldsOf, kindsOf, replaced, type Schema, sampleOf } from '#tests/hostile/schema-walk';
import { HEAVY_VALUES, hostileValues, hostileWords, textOf } from '#tests/hostile/values';
import { type Feed, startFeed } from './server.ts';
import { feedKey, publish } from './testing/client.ts';

// What the document of the API is for web, the schemas of reports are for the feed: every field, each with hostile values.

let feed: Feed;
let key: string;

beforeAll(async () => {
  key = await feedKey();
  await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
});
afterAll(() => feed.close());

/** Status, and the first words of the body; a stream is left once its head is there. */
async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const given = new AbortController();
  const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
  const response = await fetch(`http://127.0.0.1:${feed.port}${path}`, {
    ...init,
    headers,
    signal: given.signal,
  });
  const isStream = response.headers.get('content-type')?.includes('event-stream');
  const text = isStream ? '' : await response.text();
  given.abort();
  return { status: response.status, text };
}

const CODES = Object.values<number>(ERROR_STATUS);
const INTERNALS = /prisma|postgres|SELECT |INSERT |node_modules|\.ts:\d|at async |invalid input syntax/i;

function faultOf({ status, text }: { status: number; text: string }): string | null {
  if (status < 400) return null;
  const { error } = (tryJson(text) ?? {}) as { error?: { code?: string; message?: string } };
  if (status >= 500 || !CODES.includes(status)) return `${status} ${text.slice(0, 200)}`;
  if (!error?.code || !error.message) return `no problem body: ${text.slice(0, 100)}`;
  return INTERNALS.test(text) ? `internals: ${text.slice(0, 200)}` : null;
}

const seeds = {
  instanceId: 'pod-1',
  sdkVersion: '0.2.0',
  at: '2026-11-01T12:00:00Z',
  since: '2026-11-01T12:00:00Z',
  lastAt: '2026-11-01T12:00:00Z',
  clock: '2026-11-01T12:00:00Z',
  activeIssuedAt: '2026-11-01T12:00:00Z',
};

const BODIES: [string, z.ZodType][] = [
  ['/v1/report', reportSchema],
  ['/v1/reports', reportBatchSchema],
  ['/v1/samples', sampleBatchSchema],
];

test.each(BODIES)('POST %s: hostile values in its body are refused or legal', async (path, form) => {
  const schema = z.toJSONSchema(form, { io: 'input', unrepresentable: 'any' }) as Schema;
  const base = sampleOf(schema, seeds);
  expect(faultOf(await ask(path, { method: 'POST', body: textOf(base) }))).toBeNull();
  const faults: string[] = [];
  let turn = 0;
  const send = async (at: string, value: unknown, body: string) => {
    const fault = faultOf(await ask(path, { method: 'POST', body }));
    if (fault) faults.push(`${at} = ${JSON.stringify(value)?.slice(0, 60)} → ${fault}`);
  };
  for (const { path: at, base: around, schema: each } of fieldsOf(schema, seeds, base)) {
    const heavy = turn < 3 ? HEAVY_VALUES : [];
    for (const value of [...hostileValues(kindsOf(each), turn++, 2), ...heavy]) {
      await send(at.join('.'), value, textOf(replaced(around, at, value)));
    }
  }
  for (const body of ['', '{', 'null', '[]', '\u0000', '\ufeff{}', 'NaN']) await send('(body)', body, body);
  expect(faults).toEqual([]);
});

const OPA = ['/status', '/status/p', '/logs', '/logs/p'];
test.each(OPA)('POST %s: what no OPA sends is refused', async (path) => {
  const faults: string[] = [];
  for (const value of [...hostileValues(new Set(), 0), ...HEAVY_VALUES]) {
    for (const body of [
      value,
      [value],
      { labels: value },
      { labels: { id: value, instance: value }, bundles: { stopgap: value } },
      {
        labels: { id: 'o' },
        bundles: { stopgap: { active_revision: value, last_successful_activation: value } },
      },
      [{ labels: { id: value }, decision_id: value, timestamp: value, result: value, bundles: value }],
    ]) {
      const fault = faultOf(await ask(path, { method: 'POST', body: textOf(body) }));
      if (fault) faults.push(`${textOf(body).slice(0, 100)} → ${fault}`);
    }
  }
  expect(faults).toEqual([]);
});

const QUERIES = [
  '/v1/ruleset?x=',
  '/v1/key?x=',
  '/v1/bundle-key?x=',
  '/healthz?x=',
  '/readyz?x=',
  '/metrics?x=',
  '/v1/stream?instance=',
  '/v1/stream?kind=',
  '/bundles/stopgap.tar.gz?signed=1&instance=',
  '/bundles/stopgap.tar.gz?region=',
];
describe.each(QUERIES)('GET %s', (path) => {
  test('hostile words', async () => {
    const faults: string[] = [];
    for (const word of hostileWords('instance', new Set(['string']), 0)) {
      // A head of a request has its bound, as everywhere.
      const fault = word.length > 10_000 ? null : faultOf(await ask(`${path}${encodeURIComponent(word)}`));
      if (fault) faults.push(`${word.slice(0, 60)} → ${fault}`);
    }
    expect(faults).toEqual([]);
  });
});

const HEADERS: [string, string[]][] = [
  [
    'if-none-match',
    [
      '',
      '*',
      '"',
      '"99999999999"',
      `"1-${'a'.repeat(64)}"`,
      '"-1"',
      'W/"1"',
      '\u00ff',
      `"${'1'.repeat(5_000)}"`,
    ],
  ],
  ['prefer', ['wait=-1', 'wait=1e309', 'wait=0.0001', 'wait=x', 'wait=', '\u00ff']],
  ['last-event-id', ['', '-1', '99999999999', 'NaN', '1-', '\u00ff', '9'.repeat(5_000)]],
  ['authorization', ['', 'Bearer', `Bearer sg_${'a'.repeat(5_000)}`, '\u00ff']],
  ['content-encoding', ['gzip', 'br', '\u00ff']],
];
test.each(HEADERS)('hostile headers: %s', async (name, values) => {
  const faults: string[] = [];
  for (const path of ['/v1/ruleset', '/v1/stream', '/bundles/stopgap.tar.gz', '/v1/key']) {
    for (const value of values) {
      const fault = faultOf(await ask(path, { headers: { [name]: value } }));
      if (fault) faults.push(`${path} ${value.slice(0, 40)} → ${fault}`);
    }
  }
  expect(faults).toEqual([]);
});

test('no call of the feed is left out here', async () => {
  const files = ['server.ts', 'opa/routes.ts'].map((file) => path.join(import.meta.dirname, file));
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const calls = sources.flatMap((source) =>
    [...source.matchAll(/'(?:(?:GET|POST) )?(\/(?:v1|bundles|healthz|readyz|metrics)[^' ]*)'/gm)].map(
      ([, at]) => at,
    ),
  );
  const walked = [...BODIES.map(([at]) => at), ...QUERIES.map((query) => query.split('?')[0]), ...OPA];
  expect(calls.length).toBeGreaterThan(8);
  expect(calls.filter((at) => !walked.includes(at))).toEqual([]);
});

/** The first line of the answer to a request line that no client library would send. */
function raw(line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(feed.port, '127.0.0.1', () =>
      socket.write(
        `${line} HTTP/1.1\r\nHost: feed\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n\r\n`,
      ),
    );
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.on('error', reject);
  });
}

test.each([
  'GET /v1/%',
  'GET /v1/%E0%A4%A',
  'GET /bundles/%00',
  'GET /v1/ruleset%00',
  'GET //v1//key',
  'GET http://[::1/v1/key',
  'GET /v1/key?%',
  'GET /v1/key?%E0%A4%A=%00',
  'GET /../../etc/passwd',
  'GET \\v1\\key',
  'GET *',
  'OPTIONS *',
  'DELETE /v1/report',
  'POST /logs/%E0%A4%A',
  'GET /__proto__',
  'GET /constructor',
  'hasOwnProperty /v1/key',
])('%s is answered, and not by a failure', async (line) => {
  expect(await raw(line)).toMatch(/^HTTP\/1\.1 [234]\d\d /);
});
