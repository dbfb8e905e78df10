import { expect, test } from 'vitest';
import { z } from 'zod';
import { fleetQuerySchema } from '#lib/fleet/schema';
import { hashKey } from '#lib/keys/secret';
import { route } from '#lib/route';
import { machine } from '../tests/fixtures.ts';
import { db } from './db.ts';
import { momentSchema } from './storable.ts';

async function ask(query: string, body?: string): Promise<Response> {
  const key = await machine(['export']);
  await db.apiKey.update({ where: { id: key.id }, data: { hash: hashKey(`sg_${key.id}`) } });
  const handler = route({ ...(body !== undefined && { body: z.any() }) }, async () => {
    // As a query would: Postgres takes no NUL.
    return { ok: true };
  });
  const request = new Request(`http://stopgap.test/api/v1/things${query}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer sg_${key.id}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
  });
  return handler(request, { params: Promise.resolve(undefined) });
}

test.each(['?source=%00', '?language=%00x', '?q=a%00b', '?%00=1', '?seq=1&q=%00'])(
  'the query %s is refused as the caller’s fault',
  async (query) => {
    const response = await ask(query);
    expect(response.status).toBe(400);
    expect(response.headers.get('cache-control')).toBe('no-store');
  },
);

test.each([
  ['a NUL', '{"title":"a\\u0000b"}'],
  ['half a surrogate pair', '{"title":"\\ud800"}'],
  ['deep inside', '{"a":[{"b":["x","\\u0000"]}]}'],
  ['in a name', '{"a\\u0000":1}'],
  ['brackets without end', '['.repeat(500_000)],
  ['nested deeper than any body is', `${'['.repeat(40)}${']'.repeat(40)}`],
])('a body with %s is 400', async (_, body) => {
  expect((await ask('', body)).status).toBe(400);
});

test('what can be stored passes, and no cache keeps the answer', async () => {
  const response = await ask('', '{"title":"\\ud83d\\udea8","n":[1,null,true]}');
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test.each([
  ['2026-11-30T10:00:00Z', true],
  ['0001-01-01T00:00:00Z', true],
  ['9999-12-31T23:59:59Z', true],
  ['0000-01-01T00:00:00Z', false],
  ['0001-01-01T00:00:00+14:00', false],
  ['9999-12-31T23:59:59-12:00', false],
])('the moment %s', (text, ok) => {
  expect(momentSchema.safeParse(text).success).toBe(ok);
});

test.each(['99999999999', '2147483648', '0', '-1', '1e99', '1.5', 'NaN'])('seq=%s is no ruleset', (seq) => {
  expect(fleetQuerySchema.safeParse({ seq }).success).toBe(false);
});
