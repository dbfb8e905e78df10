import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { createKey } from '#lib/keys/mutations';
import type { Scope } from '#lib/permissions';
import { sentRow } from '../../../../tests/fixtures.ts';
import { GET as read } from './[id]/route.ts';
import { GET, POST } from './route.ts';

async function keyFor(scopes: Scope[]) {
  const source = `route-${crypto.randomUUID().slice(0, 8)}`;
  const { key } = await createKey(systemActor('test'), { name: source, source, scopes });
  return { source, key };
}

function post(key: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const request = new Request('http://stopgap.test/api/v1/interactions', {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  return POST(request);
}

describe('POST /api/v1/interactions', () => {
  it('takes one object, an array, NDJSON and gzip', async () => {
    const { key, source } = await keyFor(['ingest']);
    const ndjson = `${JSON.stringify(sentRow('c'))}\n${JSON.stringify(sentRow('d'))}\n`;
    const bodies: [string | Uint8Array<ArrayBuffer>, Record<string, string>][] = [
      [JSON.stringify(sentRow('a')), {}],
      [JSON.stringify([sentRow('b')]), { 'content-type': 'application/json' }],
      [ndjson, { 'content-type': 'application/x-ndjson; charset=utf-8' }],
      [
        new Uint8Array(gzipSync(JSON.stringify([sentRow('e'), sentRow('a')]))),
        { 'content-encoding': 'gzip' },
      ],
    ];
    const counts = [];
    for (const [body, headers] of bodies) {
      const response = await post(key, body, headers);
      expect(response.status).toBe(200);
      const answer = await response.json();
      counts.push([answer.created, answer.duplicates]);
    }
    expect(counts).toEqual([
      [1, 0],
      [1, 0],
      [2, 0],
      [1, 1],
    ]);
    expect(await db.interaction.count({ where: { source } })).toBe(5);
  });

  it('stops at 8 MiB, packed or unpacked, and at 1,000 rows', async () => {
    const { key } = await keyFor(['ingest']);
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20)));
    expect(bomb.byteLength).toBeLessThan(100_000);
    const answers = await Promise.all([
      post(key, bomb, { 'content-encoding': 'gzip' }),
      post(key, ' '.repeat(8 * 1024 * 1024 + 1)),
      post(key, '1\n'.repeat(1_001), { 'content-type': 'application/x-ndjson' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([413, 413, 413]);
    for (const answer of answers) expect(await answer.json()).toMatchObject({ error: { code: 'too_large' } });
  });

  it('answers 429 to what is too much at once, stores every row it acknowledged and none it refused', async () => {
    const { key, source } = await keyFor(['ingest']);
    const text = 'x'.repeat(4_000);
    const calls = Array.from({ length: 120 }, (_, call) =>
      Array.from({ length: 100 }, (_, n) => sentRow(`${call}-${n}`, { completion: text })),
    );
    const flood = calls.map(async (rows) => {
      const response = await post(key, JSON.stringify(rows));
      const answer = await response.json();
      return { rows, response, answer };
    });
    const small = await post(key, JSON.stringify(sentRow('small')), { 'content-length': '300' });
    expect(small.status).toBe(200);

    const answers = await Promise.all(flood);
    const taken = answers.filter(({ response }) => response.status === 200);
    const refused = answers.filter(({ response }) => response.status === 429);
    expect(taken.length + refused.length).toBe(120);
    expect(taken.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const { response, answer } of refused) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect(answer.error.code).toBe('rate_limited');
    }
    const stored = await db.interaction.findMany({ where: { source }, select: { externalId: true } });
    const expected = ['small', ...taken.flatMap(({ rows }) => rows.map(({ id }) => id))];
    expect(stored.map(({ externalId }) => externalId).sort()).toEqual(expected.sort());

    const again = await post(key, JSON.stringify(refused[0]?.rows));
    expect(await again.json()).toMatchObject({ created: 100 });
  });

  it('says what is wrong with a body it cannot read', async () => {
    const { key } = await keyFor(['ingest']);
    const answers = await Promise.all([
      post(key, '{"id": '),
      post(key, ''),
      post(key, 'not gzip', { 'content-encoding': 'gzip' }),
      post(key, '{}', { 'content-encoding': 'br' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });

  it('is refused without a key, with an unknown key and without the scope', async () => {
    const { key } = await keyFor(['export']);
    expect((await post('sg_unknown', '{}')).status).toBe(401);
    const refused = await post(key, JSON.stringify(sentRow('x')));
    expect(refused.status).toBe(403);
    expect((await refused.json()).error).toMatchObject({ code: 'forbidden' });
  });
});

describe('GET /api/v1/interactions', () => {
  it('lists, filters and reads one back with its texts', async () => {
    const { key, source } = await keyFor(['ingest', 'export']);
    await post(
      key,
      JSON.stringify([
        sentRow('one', { before: 'x\r', completion: '</script>\u2028' }),
        sentRow('two', { language: 'go' }),
      ]),
    );
    const get = (path: string) =>
      new Request(`http://stopgap.test/api/v1/interactions${path}`, {
        headers: { authorization: `Bearer ${key}` },
      });
    const none = { params: Promise.resolve({}) };
    const list = await (await GET(get(`?source=${source}&language=python&limit=10`), none)).json();
    expect(list).toMatchObject({
      items: [{ externalId: 'one', state: 'pending', severity: 'high' }],
      nextCursor: null,
    });
    const id: string = list.items[0].id;
    const full = await (await read(get(`/${id}`), { params: Promise.resolve({ id }) })).json();
    expect(full).toMatchObject({ before: 'x\r', completion: '</script>\u2028', reviews: [], incidents: [] });
    expect((await GET(get('?limit=201'), none)).status).toBe(400);
    expect((await GET(get('?colour=red'), none)).status).toBe(400);
    const missing = crypto.randomUUID();
    expect((await read(get(`/${missing}`), { params: Promise.resolve({ id: missing }) })).status).toBe(404);
  });
});
