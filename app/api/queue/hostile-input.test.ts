// Before anything else of Next is loaded: the stores of a request need it.
import 'next/dist/server/node-environment-baseline';
import { globSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import {
  claimNextSchema,
  decideSchema,
  handOverSchema,
  holdSchema,
  leaseSchema,
  listQueueSchema,
  skipSchema,
  takeBackSchema,
} from '#lib/reviews/schema';
import { KEY_NAMES } from '#lib/search/keys';
import { person } from '#tests/fixtures';
import { tryJson } from '#tests/hostile/answers';
import { cookieOf, inRequestScope } from '#tests/hostile/request-scope';
import { fieldsOf, kindsOf, replaced, type Schema, sampleOf } from '#tests/hostile/schema-walk';
import { HEAVY_VALUES, hostileValues, hostileWords, textOf } from '#tests/hostile/values';

// The calls that no document of the API has, for only our own pages make them. What is hostile gets a 4xx, never a 503.

type Handler = (request: Request, context: { params: Promise<object> }) => Promise<Response>;
const CALLS: [name: string, method: 'GET' | 'POST', form: z.ZodType][] = [
  ['queue/decide', 'POST', decideSchema],
  ['queue/skip', 'POST', skipSchema],
  ['queue/hold', 'POST', holdSchema],
  ['queue/handover', 'POST', handOverSchema],
  ['queue/take-back', 'POST', takeBackSchema],
  ['queue/next', 'POST', claimNextSchema],
  ['queue/release', 'POST', leaseSchema],
  ['queue/list', 'GET', listQueueSchema],
  ['queue/similar', 'GET', z.strictObject({ interactionId: z.uuid() })],
  ['investigate/values', 'GET', z.strictObject({ key: z.enum(KEY_NAMES), part: z.string().max(200) })],
];

let cookie: string;
beforeAll(async () => {
  cookie = await cookieOf((await person('reviewer')).id);
});

/** Why an answer is none that a caller can do something about; null where it is. */
async function fault(handler: Handler, url: string, init: RequestInit): Promise<string | null> {
  const headers = { cookie, origin: 'http://stopgap.test', host: 'stopgap.test' };
  const request = new Request(`http://stopgap.test${url}`, { ...init, headers });
  const response = await inRequestScope(request, () => handler(request, { params: Promise.resolve({}) }));
  const text = await response.text();
  if (response.status >= 500) return `${response.status} ${text.slice(0, 200)}`;
  if (response.status < 400) return null;
  const { error } = (tryJson(text) ?? {}) as { error?: { code?: string; message?: string } };
  return error?.code && error.message ? null : `no problem body: ${text.slice(0, 100)}`;
}

test('no call beside the documented ones is left out', () => {
  const folders = globSync('app/api/*/**/route.ts', { cwd: path.resolve(import.meta.dirname, '../../..') });
  // `live` reads nothing of what is sent; sign-in is next-auth’s.
  const others = folders.filter((file) => !/^app\/api\/(v1|auth|live)\//.test(file));
  expect(others.sort()).toEqual(CALLS.map(([name]) => `app/api/${name}/route.ts`).sort());
});

test.each(CALLS)('%s: hostile values are refused or legal', async (name, method, form) => {
  const handler = (await import(path.join(import.meta.dirname, '..', name, 'route.ts')))[method] as Handler;
  const schema = z.toJSONSchema(form, { io: 'input', unrepresentable: 'any' }) as Schema;
  const faults: string[] = [];
  const tried = async (at: string, value: unknown, url: string, body?: string) => {
    const found = await fault(handler, `/api/${name}${url}`, {
      method,
      ...(body !== undefined && { body }),
    });
    if (found) faults.push(`${at} = ${JSON.stringify(value)?.slice(0, 60)} → ${found}`);
  };
  const base = sampleOf(schema, {});
  let turn = 0;
  for (const { path: at, base: around, schema: each } of fieldsOf(schema, {}, base)) {
    const [field] = at;
    if (method === 'GET') {
      for (const word of field === undefined ? [] : hostileWords(String(field), kindsOf(each), turn++)) {
        await tried(String(field), word, `?${field}=${encodeURIComponent(word)}`);
      }
      continue;
    }
    for (const value of [...hostileValues(kindsOf(each), turn++), ...(turn < 3 ? HEAVY_VALUES : [])]) {
      await tried(at.join('.'), value, '', textOf(replaced(around, at, value)));
    }
  }
  if (method === 'POST') {
    for (const body of ['', '{', 'null', '[]', '\u0000', '\ufeff{}', 'NaN'])
      await tried('(body)', body, '', body);
  }
  for (const query of ['a%00=1', '%E0%A4%A=1', '__proto__=1'])
    await tried('?', query, `?${query}`, method === 'POST' ? textOf(base) : undefined);
  expect(faults).toEqual([]);
});
