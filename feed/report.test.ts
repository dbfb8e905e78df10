import { afterAll, beforeAll, expect, test } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { ruleRow } from '../tests/fixtures.ts';
import { type Feed, startFeed } from './server.ts';
import { ask, feedKey, postReport, publish } from './testing/client.ts';

let feed: Feed;
let key: string;
let seq: number;

beforeAll(async () => {
  key = await feedKey();
  seq = await publish();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
});
afterAll(() => feed.close());

test('what is answered 2xx is stored: instance, adoption and hits add up', async () => {
  const { id: rule } = await ruleRow();
  const lastAt = new Date().toISOString();
  const hits = [{ ruleId: rule, hits: 3, enforced: 2, lastAt }];
  const response = await postReport(feed.port, key, {
    instanceId: 'adds',
    seq,
    activeSeq: seq,
    hits,
    labels: { region: 'eu' },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ seq });
  expect(await db.instance.findUnique({ where: { id: 'adds' } })).toMatchObject({
    activeSeq: seq,
    labels: { region: 'eu' },
  });
  expect(
    (await db.adoption.findUnique({ where: { seq_instanceId: { seq, instanceId: 'adds' } } }))?.activeAt,
  ).toBeInstanceOf(Date);

  await Promise.all(
    Array.from({ length: 20 }, () =>
      postReport(feed.port, key, { instanceId: 'adds', seq, activeSeq: seq, hits }),
    ),
  );
  const stored = await db.ruleHit.findMany({ where: { mitigationId: rule } });
  expect(stored).toHaveLength(1);
  expect([stored[0]?.hits, stored[0]?.enforced]).toEqual([63n, 42n]);
});

test('hits of an unknown rule and adoption of an unknown ruleset are left out, the rest is taken', async () => {
  const hits = [{ ruleId: newId(), hits: 1, enforced: 1, lastAt: '0000-01-01T00:00:00Z' }];
  const response = await postReport(feed.port, key, {
    instanceId: 'elsewhere',
    seq: 900,
    activeSeq: 900,
    hits,
  });
  expect(response.status).toBe(200);
  expect(await db.instance.count({ where: { id: 'elsewhere' } })).toBe(1);
  expect(await db.adoption.count({ where: { seq: 900 } })).toBe(0);
});

test.each([
  ['a wrong state', { state: 'fine' as 'active' }, 'state'],
  ['a seq beyond any ruleset', { seq: 2 ** 40 }, 'seq'],
  ['an empty instance id', { instanceId: '' }, 'instanceId'],
  ['a blank instance id', { instanceId: ' ' }, 'instanceId'],
])('%s is refused by name', async (_, report, field) => {
  const response = await postReport(feed.port, key, report);
  expect(response.status).toBe(400);
  const { error } = await response.json();
  expect(error.code).toBe('invalid');
  expect(Object.keys(error.fields)).toContain(field);
});

test('what is not JSON and what is too large is refused', async () => {
  const post = (body: string) => ask(feed.port, key, '/v1/report', { method: 'POST', body });
  expect((await post('{')).status).toBe(400);
  const huge = await post(JSON.stringify({ pad: 'x'.repeat(1024 * 1024) }));
  expect(huge.status).toBe(413);
  expect(await huge.json()).toMatchObject({ error: { code: 'too_large' } });
});

test('text that Postgres cannot hold neither fails nor blocks the batch it is in', async () => {
  const hostile = '\0\ud800';
  const reports = [
    postReport(feed.port, key, {
      instanceId: 'hostile',
      labels: { [hostile]: hostile },
      state: 'failed',
      seq,
      reason: hostile,
    }),
    ...Array.from({ length: 5 }, (_, n) =>
      postReport(feed.port, key, { instanceId: `beside-${n}`, seq, activeSeq: seq }),
    ),
  ];
  const statuses = (await Promise.all(reports)).map((response) => response.status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
  const stored = await db.instance.findUnique({ where: { id: 'hostile' } });
  expect(stored?.reason).toBe('\ufffd\ufffd');
});

test('no text of a report, wherever it stands, is one that Postgres cannot store', async () => {
  const { id: ruleId } = await ruleRow();
  const odd = 'half \ud83d and \0';
  const response = await postReport(feed.port, key, {
    instanceId: 'odd-texts',
    seq,
    activeSeq: seq,
    breakers: [{ ruleId, reason: odd, since: new Date().toISOString() }],
    coverage: [{ contract: odd, phase: 'request', calls: 1, streamed: 0, unseen: 0 }],
  });
  expect(response.status).toBe(200);
  const stored = await db.instance.findUniqueOrThrow({ where: { id: 'odd-texts' } });
  expect(stored.breakers).toMatchObject([{ reason: 'half \ufffd and \ufffd' }]);
});

test.each([
  ['of its own', { tomorrow: { a: [1] } }],
  [
    'in an entry of a list',
    {
      hits: [],
      coverage: [{ contract: 'http', phase: 'request', calls: 1, streamed: 0, unseen: 0, lane: 'x' }],
    },
  ],
  ['in a part', { streams: { streams: 1, chunks: 1, released: 1, unscanned: 0, blocked: 0, held: 3 } }],
  ['that is a name of every object', JSON.parse('{"__proto__": 1, "constructor": 2}')],
])(
  'a field that this feed does not know, %s, comes from a newer SDK: the report is kept',
  async (where, more) => {
    const instanceId = `newer ${where}`;
    const response = await postReport(feed.port, key, {
      instanceId,
      seq,
      activeSeq: seq,
      decisions: 7,
      ...more,
    });
    expect(response.status).toBe(200);
    expect(await db.instance.findUnique({ where: { id: instanceId } })).toMatchObject({ activeSeq: seq });
    // The same through a relay's parcel.
    const report = {
      instanceId: `${instanceId} too`,
      sdkVersion: '9.0.0',
      activeSeq: seq,
      seq,
      state: 'active',
      ...more,
    };
    const parcel = await ask(feed.port, key, '/v1/reports', {
      method: 'POST',
      body: JSON.stringify({ relayId: 'r', sentWith: 'newer', reports: [{ ageMs: 1, hop: 2, report }] }),
    });
    expect(parcel.status).toBe(200);
    expect(await db.instance.count({ where: { id: `${instanceId} too` } })).toBe(1);
  },
);
