import { beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import type { Scope } from '#lib/permissions';
import { flagged, person } from '../../../../tests/fixtures.ts';
import { GET as exportLog } from '../events/export/route.ts';
import { GET as events } from '../events/route.ts';
import { GET as exportOne } from './[ref]/export/route.ts';
import { POST as link } from './[ref]/links/route.ts';
import { POST as note } from './[ref]/notes/route.ts';
import { GET as read } from './[ref]/route.ts';
import { POST as move } from './[ref]/transitions/route.ts';
import { POST as declare, GET as list } from './route.ts';

let respond: string;
let exporter: string;

/** A key that the database knows, as machines send it. */
async function key(scopes: Scope[]): Promise<string> {
  const secret = newKeySecret();
  const id = newId();
  const data = { id, name: id, source: id, scopes, hash: hashKey(secret), prefix: 'sg_test' };
  await db.apiKey.create({ data });
  return secret;
}

beforeAll(async () => {
  respond = await key(['respond']);
  exporter = await key(['export']);
});

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

async function send(
  handler: Handler,
  secret: string,
  options: { ref?: string; body?: unknown; query?: string } = {},
) {
  const request = new Request(`http://localhost/api/v1${options.query ?? ''}`, {
    method: options.body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${secret}` },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  });
  return handler(request, {
    params: Promise.resolve<Record<string, string>>(options.ref ? { ref: options.ref } : {}),
  });
}

test('a machine declares, links, notes, moves and reads; another exports', async () => {
  const commander = await person('commander');
  const body = {
    title: 'By machine',
    severity: 'sev2',
    commanderId: commander.id,
    interactionIds: [await flagged()],
  };
  const made = await send(declare, respond, { body });
  expect(made.status).toBe(201);
  const { ref } = await made.json();
  expect(ref).toMatch(/^INC-\d+$/);

  const linked = await send(link, respond, { ref, body: { interactionIds: [await flagged()] } });
  expect(await linked.json()).toEqual({ linked: 1 });
  expect((await send(note, respond, { ref, body: { text: 'seen by the robot' } })).status).toBe(201);
  const moved = await send(move, respond, { ref, body: { to: 'triaging', version: 1 } });
  expect(await moved.json()).toEqual({ ref, state: 'triaging', version: 2, episode: 1 });
  const shown = await (await send(read, respond, { ref })).json();
  expect(shown).toMatchObject({
    ref,
    state: 'triaging',
    interactionCount: 2,
    commander: { id: commander.id },
  });
  const listed = await (await send(list, respond, { query: '?state=triaging&severity=sev2' })).json();
  expect(listed).toMatchObject({ items: [{ ref, interactions: 2, liveRules: 0 }], nextCursor: null });

  const file = await send(exportOne, exporter, { ref, query: '?format=ndjson' });
  expect(file.headers.get('content-type')).toContain('ndjson');
  expect((await file.text()).trimEnd().split('\n').at(-1)).toContain('"type":"end"');
  const log = await send(exportLog, exporter, { query: '?format=csv&q=incident' });
  expect(log.headers.get('content-disposition')).toContain('.csv"');
  await log.text();
  expect(await (await send(events, exporter, { query: '?after=-1&limit=5' })).json()).toHaveProperty(
    'nextCursor',
  );
});

test('answers errors in the public shape', async () => {
  const cases: [Promise<Response>, number, string][] = [
    [send(read, respond, { ref: 'INC-99999' }), 404, 'not_found'],
    [send(read, respond, { ref: 'x' }), 404, 'not_found'],
    [send(list, respond, { query: '?state=nope' }), 400, 'invalid'],
    [send(declare, respond, { body: { title: ' ', severity: 'sev2' } }), 400, 'invalid'],
    [send(declare, respond, { body: { title: 'x', severity: 'sev2', state: 'closed' } }), 400, 'invalid'],
    [send(declare, exporter, { body: { title: 'x', severity: 'sev2' } }), 403, 'forbidden'],
    [send(note, respond, { ref: 'INC-99999', body: { text: 'a\u0000b' } }), 400, 'invalid'],
    [send(exportOne, respond, { ref: 'INC-1', query: '?format=csv' }), 403, 'forbidden'],
    [send(exportOne, exporter, { ref: 'INC-1', query: '?format=pdf' }), 400, 'invalid'],
    [send(events, respond), 403, 'forbidden'],
    [send(events, exporter, { query: '?after=abc' }), 400, 'invalid'],
    [send(list, 'sg_unknown'), 401, 'unauthenticated'],
  ];
  for (const [pending, status, code] of cases) {
    const response = await pending;
    const body = await response.json();
    expect({ status: response.status, code: body.error.code }).toEqual({ status, code });
  }
});

test('pages through incidents with a cursor, newest first', async () => {
  for (let index = 0; index < 5; index += 1)
    await send(declare, respond, { body: { title: `page ${index}`, severity: 'sev4' } });
  const titles: string[] = [];
  let cursor = '';
  do {
    const page = await (
      await send(list, respond, { query: `?severity=sev4&limit=2${cursor && `&cursor=${cursor}`}` })
    ).json();
    titles.push(...page.items.map((item: { title: string }) => item.title));
    cursor = page.nextCursor ?? '';
  } while (cursor);
  expect(titles).toEqual(['page 4', 'page 3', 'page 2', 'page 1', 'page 0']);
});

test('an answer that was lost is asked for again with the same key, and nothing is made twice', async () => {
  const post = (body: object, idempotencyKey: string) =>
    declare(
      new Request('http://localhost/api/v1/incidents', {
        method: 'POST',
        headers: { authorization: `Bearer ${respond}`, 'idempotency-key': idempotencyKey },
        body: JSON.stringify(body),
      }),
      { params: Promise.resolve({}) },
    );
  const body = { title: 'lost answer', severity: 'sev3' };
  const first = await post(body, 'k-1');
  const second = await post(body, 'k-1');
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(await second.json()).toEqual(await first.json());
  expect(await db.incident.count({ where: { title: 'lost answer' } })).toBe(1);
  const other = await post({ ...body, severity: 'sev1' }, 'k-1');
  expect([other.status, (await other.json()).error.code]).toEqual([422, 'unprocessable']);
  expect((await post(body, 'a b')).status).toBe(400);
});
