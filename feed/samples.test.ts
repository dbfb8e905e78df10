import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { hashKey } from '#lib/keys/secret';
import type { Sample } from '#sdk/report';
import { ruleRow } from '../tests/fixtures.ts';
import { type Feed, startFeed } from './server.ts';
import { ask, feedKey, postReport, publish } from './testing/client.ts';

let feed: Feed;
let key: string;
beforeAll(async () => {
  key = await feedKey();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
});
afterAll(() => feed.close());

const liveRule = (stage: 'shadow' | 'canary' | 'full') =>
  ruleRow({
    plan: {
      canarySeconds: 60,
      canaryInstances: 10,
      canaryRequests: 100,
      shadowSeconds: 60,
      autoAdvance: true,
    },
    stage,
    state: 'live',
  });

function sampleOf(rule: { id: string; number: number }, seq: number, more: Partial<Sample> = {}) {
  return {
    id: 'one',
    at: new Date().toISOString(),
    instanceId: 'gateway-1',
    seq,
    rules: [{ ruleId: rule.id, ref: `R-${rule.number}`, start: 2, end: 7 }],
    model: 'm',
    version: '1',
    language: 'python',
    surface: 'inline',
    prompt: 'write',
    completion: '\0 evil(1)',
    ...more,
  };
}
const send = (samples: unknown[], secret = key) =>
  ask(feed.port, secret, '/v1/samples', { method: 'POST', body: JSON.stringify({ samples }) });
const stored = () =>
  db.interaction.findMany({
    where: { source: 'fleet:fleet' },
    include: { findings: true, queueItem: true },
    orderBy: { receivedAt: 'asc' },
  });

test('a sampled hit waits for a reviewer, once, and says which rule it came back from and how that stood', async () => {
  const rule = await liveRule('canary');
  const seq = await publish();
  // The stage goes on; what the sample says is of the ruleset it was hit under.
  await db.mitigation.update({ where: { id: rule.id }, data: { stage: 'full' } });
  await publish();
  const ref = `R-${rule.number}`;
  expect(await (await send([sampleOf(rule, seq)])).json()).toEqual({ created: 1 });
  expect(await (await send([sampleOf(rule, seq)])).json()).toEqual({ created: 0 });
  // The same id at another instance is another sample.
  expect(await (await send([sampleOf(rule, seq, { instanceId: 'gateway-2' })])).json()).toEqual({
    created: 1,
  });
  const rows = await stored();
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({
    control: false,
    completion: '\uFFFD evil(1)',
    meta: { cameBack: { instance: 'gateway-1', ruleset: seq, rules: [{ rule: ref, as: 'canary' }] } },
    queueItem: { state: 'pending' },
    findings: [{ detector: 'stopgap', rule: ref, category: 'other', severity: 'medium', start: 2, end: 7 }],
  });
});

test('an unknown rule and a place beyond the text are taken as far as they are true', async () => {
  const sample = sampleOf({ id: newId(), number: 900 }, 4_000, {
    id: 'unknown',
    completion: 'short',
    rules: [{ ruleId: newId(), ref: 'R-900', start: 3, end: 900 }],
  });
  expect((await send([sample])).status).toBe(200);
  const row = (await stored()).at(-1);
  expect(row?.meta).toMatchObject({ cameBack: { rules: [{ rule: 'R-900', as: 'unknown' }] } });
  expect(row?.findings[0]).toMatchObject({ start: 3, end: 5 });
});

test('what cannot be read is refused by name, what is too large as such, and other keys altogether', async () => {
  const bad = await send([{ id: 'x' }]);
  expect(bad.status).toBe(400);
  expect((await send([])).status).toBe(400);
  const pad = 'x'.repeat(9 * 1024 * 1024);
  expect((await send([{ pad }])).status).toBe(413);
  expect((await send([], await feedKey(['ingest']))).status).toBe(403);
});

test('a key sends samples under its own names only, also before the first report, and a refusal is kept once', async () => {
  const rule = { id: newId(), number: 901 };
  const [mine, other] = [await feedKey(), await feedKey()];
  await db.apiKey.updateMany({ where: { hash: hashKey(other) }, data: { source: 'elsewhere' } });
  expect((await postReport(feed.port, mine, { instanceId: 'pod-1' })).status).toBe(200);
  expect((await send([sampleOf(rule, 1, { instanceId: 'pod-1', id: 'own' })], mine)).status).toBe(200);
  expect((await send([sampleOf(rule, 1, { instanceId: 'pod-2', id: 'first' })], mine)).status).toBe(200);
  const before = await db.interaction.count();
  for (const instanceId of ['pod-1', 'pod-2', 'pod-1']) {
    // With one of its own beside it: nothing of the call is taken.
    const forged = await send(
      [sampleOf(rule, 1, { instanceId: 'mine' }), sampleOf(rule, 1, { instanceId, id: 'forged' })],
      other,
    );
    expect(forged.status).toBe(403);
    expect(JSON.stringify(await forged.json())).toContain(instanceId);
  }
  expect(await db.interaction.count()).toBe(before);
  const refusals = await db.event.findMany({ where: { action: 'fleet.refuse' } });
  expect(refusals.map(({ subjectId }) => subjectId).sort()).toEqual(['pod-1', 'pod-2']);
  const named = { method: 'POST', body: JSON.stringify({ samples: [sampleOf(rule, 1)] }) };
  const bad = await ask(feed.port, mine, '/v1/samples', {
    ...named,
    headers: { 'x-stopgap-key-sha256': 'x' },
  });
  expect(bad.status).toBe(400);
});

test('while the database is away the answer is 503, so that the samples are kept; nothing of them is logged', async () => {
  const before = (await stored()).length;
  const broken = vi
    .spyOn(db, '$queryRaw')
    .mockRejectedValue(new Error('connect ECONNREFUSED while at evil(secret)'));
  const written = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const response = await send([sampleOf({ id: newId(), number: 1 }, 1, { id: 'away' })]);
  broken.mockRestore();
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(JSON.stringify(written.mock.calls)).not.toContain('secret');
  written.mockRestore();
  expect(await stored()).toHaveLength(before);
});
