import { expect, test } from 'vitest';
import { z } from 'zod';
import { createKey } from '#lib/keys/mutations';
import { systemActor } from './actor.ts';
import { route } from './route.ts';

const { key } = await createKey(systemActor('test'), { name: 'route', source: 'route', scopes: ['respond'] });
const echo = route({ body: z.strictObject({ a: z.string() }) }, async ({ body, params }) => ({
  body,
  params,
}));

function ask(body: BodyInit, params: Record<string, string> = {}, bearer = key): Promise<Response> {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  const request = new Request('http://stopgap.test/echo', { method: 'POST', headers, body });
  return echo(request, { params: Promise.resolve(params) });
}

test('a name with a NUL, which no text in Postgres can hold, is not found', async () => {
  expect((await ask('{"a":"b"}', { id: 'pod\0' })).status).toBe(404);
  expect(await (await ask('{"a":"b"}', { id: 'pod' })).json()).toEqual({
    body: { a: 'b' },
    params: { id: 'pod' },
  });
});

test('a connection is kept after a body that was read, and ended after one that was not', async () => {
  const wrong = await ask('{"a":1}');
  expect([wrong.status, wrong.headers.get('connection')]).toEqual([400, null]);
  const unread = await ask('{"a":"b"}', {}, 'sg_wrong');
  expect([unread.status, unread.headers.get('connection')]).toEqual([401, 'close']);
  const large = await ask(JSON.stringify({ a: 'x'.repeat(1_100_000) }));
  expect([large.status, large.headers.get('connection')]).toEqual([413, 'close']);
});
