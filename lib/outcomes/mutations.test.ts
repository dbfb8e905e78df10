import { expect, it } from 'vitest';
import { db } from '#lib/db';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { machine, person } from '#tests/fixtures';
import { readOutcomes } from './check.ts';
import { reportOutcomes } from './mutations.ts';
import { outcomesOf } from './queries.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const told = (rows: unknown) => readOutcomes(bytes(rows), false);
const at = (minute: number) => new Date(Date.UTC(2026, 10, 1, 12, minute)).toISOString();

async function sent(ids: string[], overrides: Record<string, unknown> = {}) {
  const key = await machine(['ingest', 'export']);
  const rows = ids.map((id) => ({
    id,
    occurredAt: at(0),
    model: { name: 'm', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: 'p',
    completion: 'c',
    findings: [{ detector: 'd', category: 'insecure_code', severity: 'high' }],
    ...overrides,
  }));
  await ingestInteractions(key, readBatch(bytes(rows), false));
  return key;
}
const interactionOf = (source: string, externalId: string) =>
  db.interaction.findFirstOrThrow({ where: { source, externalId } });

it('stores outcomes, answers per row, and leaves one event that holds no text', async () => {
  const key = await sent(['a', 'b'], { outcome: 'shown' });
  const answer = await reportOutcomes(
    key,
    told([
      { id: 'a', outcome: 'edited', occurredAt: at(1), kept: 'SECRET-KEPT' },
      { id: 'b', outcome: 'accepted', occurredAt: at(1) },
      { id: 'b', outcome: 'reverted', occurredAt: at(2) },
      { id: 'nobody', outcome: 'accepted', occurredAt: at(1) },
      { id: 'a', outcome: 'shown', occurredAt: at(1), kept: 'x' },
      { id: 'a', outcome: 'loved', occurredAt: at(1) },
    ]),
  );
  expect(answer).toMatchObject({ created: 3, duplicates: 0, conflicts: 0, unknown: 1, invalid: 2 });
  expect(answer.results.map(({ index, id, status }) => [index, id, status])).toEqual([
    [0, 'a', 'created'],
    [1, 'b', 'created'],
    [2, 'b', 'created'],
    [3, 'nobody', 'unknown'],
    [4, 'a', 'invalid'],
    [5, 'a', 'invalid'],
  ]);
  expect(answer.results[4]?.error?.fields).toHaveProperty('kept');
  const events = await db.event.findMany({
    where: { action: 'interactions.outcome', subjectId: key.source },
  });
  expect(events).toHaveLength(1);
  expect(JSON.parse(events[0]?.body ?? '').data).toMatchObject({
    created: 3,
    outcomes: { edited: 1, accepted: 1, reverted: 1 },
  });
  expect(events[0]?.body).not.toContain('SECRET-KEPT');

  const [a, b] = [await interactionOf(key.source, 'a'), await interactionOf(key.source, 'b')];
  expect(await outcomesOf(key, a.id)).toMatchObject({
    cameWith: 'shown',
    effective: 'edited',
    shipped: true,
  });
  expect(await outcomesOf(key, b.id)).toMatchObject({ effective: 'reverted', shipped: false });
  expect(JSON.stringify(await outcomesOf(key, a.id))).not.toContain('SECRET-KEPT');
});

it('changes nothing when told again, and calls another time or text a conflict', async () => {
  const key = await sent(['a']);
  const rows = [{ id: 'a', outcome: 'edited', occurredAt: at(1), kept: 'k' }];
  await reportOutcomes(key, told(rows));
  const again = await reportOutcomes(
    key,
    told([
      ...rows,
      { id: 'a', outcome: 'edited', occurredAt: '2026-11-01T13:01:00+01:00', kept: 'k' },
      { id: 'a', outcome: 'edited', occurredAt: at(2), kept: 'k' },
      { id: 'a', outcome: 'edited', occurredAt: at(1) },
    ]),
  );
  expect(again.results.map(({ status }) => status)).toEqual([
    'duplicate',
    'duplicate',
    'conflict',
    'conflict',
  ]);
  expect(await db.event.count({ where: { action: 'interactions.outcome', subjectId: key.source } })).toBe(1);
  const within = await reportOutcomes(
    key,
    told([
      { id: 'a', outcome: 'reverted', occurredAt: at(5) },
      { id: 'a', outcome: 'reverted', occurredAt: at(5) },
      { id: 'a', outcome: 'reverted', occurredAt: at(6) },
    ]),
  );
  expect(within.results.map(({ status }) => status)).toEqual(['created', 'duplicate', 'conflict']);
});

it('belongs to the source that sent the interaction, and to ingest keys', async () => {
  await sent(['a']);
  const other = await machine(['ingest']);
  const row = [{ id: 'a', outcome: 'accepted', occurredAt: at(1) }];
  expect(await reportOutcomes(other, told(row))).toMatchObject({ created: 0, unknown: 1 });
  for (const actor of [await person('admin'), await machine(['respond', 'export', 'feed'])]) {
    await expect(reportOutcomes(actor, told(row))).rejects.toMatchObject({ code: 'forbidden' });
  }
  await expect(outcomesOf(other, crypto.randomUUID())).rejects.toMatchObject({ code: 'forbidden' });
  await expect(outcomesOf(await person('lead'), crypto.randomUUID())).rejects.toMatchObject({
    code: 'not_found',
  });
});

it('tells each outcome once when overlapping calls in other orders race', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => `r-${index}`);
  const key = await sent(ids);
  const rows = ids.flatMap((id) => [
    { id, outcome: 'accepted', occurredAt: at(1) },
    { id, outcome: 'reverted', occurredAt: at(2) },
  ]);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => reportOutcomes(key, told(rows.toSorted(() => Math.random() - 0.5)))),
  );
  expect(answers.reduce((sum, { created }) => sum + created, 0)).toBe(200);
  expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(5 * 200);
  expect(await db.outcome.count({ where: { interaction: { source: key.source } } })).toBe(200);
});

it('stores no text for an interaction whose text was erased, and still knows a replay', async () => {
  const key = await sent(['a']);
  const { id } = await interactionOf(key.source, 'a');
  await db.$executeRaw`
    UPDATE interaction SET prompt = '', completion = '', path = NULL, meta = NULL, erased_at = now(),
      erased_for = 'request' WHERE id = ${id}::uuid`;
  const row = [{ id: 'a', outcome: 'edited', occurredAt: at(1), kept: 'raw text' }];
  expect(await reportOutcomes(key, told(row))).toMatchObject({ created: 1 });
  expect(await db.outcome.findFirstOrThrow({ where: { interactionId: id } })).toMatchObject({ kept: null });
  expect(await reportOutcomes(key, told(row))).toMatchObject({ duplicates: 1 });
});

it('has the cluster of what changed counted anew', async () => {
  const key = await sent(['a']);
  const { id } = await interactionOf(key.source, 'a');
  const [clusterId, shapeId, now] = [crypto.randomUUID(), crypto.randomUUID(), new Date()];
  const cluster = {
    id: clusterId,
    scope: 's',
    representativeId: id,
    firstAt: now,
    lastAt: now,
    statsAt: now,
  };
  await db.cluster.create({ data: cluster });
  const hash = Buffer.from('x');
  await db.clusterShape.create({
    data: { id: shapeId, scope: 's', fingerprint: hash, featureHash: hash, features: [], clusterId },
  });
  await db.clusterMember.create({ data: { interactionId: id, clusterId, shapeId, similarity: 1 } });
  const row = [{ id: 'a', outcome: 'accepted', occurredAt: at(1) }];
  await reportOutcomes(key, told(row));
  expect(await db.cluster.findUniqueOrThrow({ where: { id: clusterId } })).toMatchObject({ statsAt: null });
  await db.cluster.update({ where: { id: clusterId }, data: { statsAt: now } });
  await reportOutcomes(key, told(row));
  expect((await db.cluster.findUniqueOrThrow({ where: { id: clusterId } })).statsAt).toEqual(now);
});
