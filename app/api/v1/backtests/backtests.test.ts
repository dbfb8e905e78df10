import { beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import { flagged, person } from '#tests/fixtures';
import { workOnNext } from '#tests/run-backtest';
import { DELETE as cancel, GET as read } from './[id]/route.ts';
import { POST as start } from './route.ts';

let responder: string;

async function key(scopes: string[]): Promise<string> {
  const [secret, source, by] = [newKeySecret(), newId(), await person('commander')];
  await db.apiKey.create({
    data: {
      id: newId(),
      name: source,
      source,
      scopes,
      hash: hashKey(secret),
      prefix: 'sg_test',
      createdById: by.id,
    },
  });
  return secret;
}

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

async function call(
  handler: Handler,
  method: string,
  given: { id?: string; body?: unknown; secret?: string } = {},
) {
  const { id, body, secret = responder } = given;
  const request = new Request('http://localhost/api/v1/backtests', {
    method,
    headers: { authorization: `Bearer ${secret}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await handler(request, {
    params: Promise.resolve<Record<string, string>>(id ? { id } : {}),
  });
  return { status: response.status, body: await response.json() };
}

const rule = { matcher: { kind: 'literal', text: 'WHERE name = \'"' }, target: 'completion' };

beforeAll(async () => {
  responder = await key(['respond']);
  await flagged();
});

test('a machine tries a rule that is not written down, reads what it found and cancels another', async () => {
  const started = await call(start, 'POST', { body: rule });
  expect(started).toMatchObject({ status: 202, body: { id: expect.any(String) } });
  const waiting = await call(read, 'GET', { id: started.body.id });
  expect(waiting.body).toMatchObject({ state: 'running', scanned: 0, total: 0, result: null });
  await workOnNext();
  const found = await call(read, 'GET', { id: started.body.id });
  expect(found).toMatchObject({
    status: 200,
    body: {
      state: 'done',
      scanned: 1,
      total: 1,
      result: { cluster: null, pending: { hits: 1, total: 1, erased: 0 } },
    },
  });
  const second = await call(start, 'POST', { body: rule });
  expect((await call(cancel, 'DELETE', { id: second.body.id })).body).toEqual({ cancelled: true });
  expect((await call(read, 'GET', { id: second.body.id })).body).toMatchObject({
    state: 'cancelled',
    result: null,
  });
});

test('refusals have the public shape and name the fields', async () => {
  const broken = { ...rule, matcher: { kind: 're2', pattern: '(' } };
  const refused = await call(start, 'POST', { body: broken });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { fields: { 'matcher.pattern': expect.any(String) } } },
  });
  const nul = await call(start, 'POST', {
    body: { ...rule, matcher: { kind: 'literal', text: 'a\u0000b' } },
  });
  expect(nul).toMatchObject({ status: 400, body: { error: { fields: { matcher: expect.any(String) } } } });
  expect((await call(start, 'POST', { body: { ...rule, incident: 'INC-99999' } })).status).toBe(404);
  expect((await call(start, 'POST', { body: { ...rule, unknown: 1 } })).status).toBe(400);
  expect((await call(read, 'GET', { id: newId() })).status).toBe(404);
  expect((await call(start, 'POST', { body: rule, secret: await key(['ingest']) })).status).toBe(403);
});
