import { fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { machine } from '#tests/fixtures';
import { ingestRows } from '#tests/ingest-rows';
import { readBatch } from './batch.ts';
import { ingestInteractions } from './mutations.ts';

const ROWS = 10_000;
const all = ingestRows(ROWS);
const flagged = all.filter(({ findings }) => findings.length > 0);
const findings = all.reduce((sum, row) => sum + row.findings.length, 0);

/** Everything that must be there once for each row, and the events that tell of it. */
async function tally(source: string) {
  const interaction = { source };
  const events = await db.event.findMany({ where: { action: 'interactions.ingest', subjectId: source } });
  const ids = await db.interaction.findMany({ where: { source }, select: { id: true, externalId: true } });
  const keys = ids.map(({ id }) => id);
  const [{ tasks }] = await db.$queryRaw<[{ tasks: number }]>`
    SELECT count(*)::int AS tasks FROM analysis_task WHERE interaction_id = ANY(${keys}::uuid[])`;
  return {
    externalIds: new Set(ids.map(({ externalId }) => externalId)),
    keys: new Map(ids.map(({ id, externalId }) => [externalId, id])),
    findings: await db.finding.count({ where: { interaction } }),
    items: await db.queueItem.count({ where: { interaction } }),
    tasks,
    told: events.flatMap(({ body }) => JSON.parse(body).data.ids as string[]),
  };
}

function expectWhole(found: Awaited<ReturnType<typeof tally>>) {
  expect(found.externalIds).toEqual(new Set(all.map(({ id }) => id)));
  expect(found.keys.size).toBe(ROWS);
  expect([found.findings, found.items, found.tasks]).toEqual([findings, flagged.length, ROWS]);
  expect(found.told.toSorted()).toEqual([...found.keys.values()].toSorted());
}

it('ends in exactly 10,000 rows when three senders send all of them at once in shuffled, overlapping batches', async () => {
  const key = await machine(['ingest']);
  const sender = async () => {
    const rows = all.toSorted(() => Math.random() - 0.5);
    let created = 0;
    while (rows.length > 0) {
      // Batches of one, of a few and of many: those that share a transaction and those that do not.
      const part = rows.splice(0, [1, 7, 400, 900][rows.length % 4]);
      const body = new TextEncoder().encode(JSON.stringify(part));
      const answer = await ingestInteractions(key, readBatch(body, false));
      expect(answer.conflicts + answer.invalid).toBe(0);
      created += answer.created;
    }
    return created;
  };
  const created = await Promise.all([sender(), sender(), sender()]);
  expect(created.reduce((sum, each) => sum + each, 0)).toBe(ROWS);
  const first = await tally(key.source);
  expectWhole(first);
  await sender();
  expect((await tally(key.source)).keys).toEqual(first.keys);
});

it('ends the same when the process is killed at random points and what was sent is sent again', async () => {
  const key = await machine(['ingest']);
  const acknowledged = new Set<string>();
  const start = () => {
    const child = fork(path.resolve('tests/ingest-process.ts'), [], {
      env: { ...process.env, DATABASE_URL: env().DATABASE_URL, KEY: JSON.stringify(key), ROWS: String(ROWS) },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const ready = Promise.withResolvers<void>();
    child.on('message', (message: { ready?: true; acknowledged?: string[] }) => {
      if (message.ready) ready.resolve();
      for (const id of message.acknowledged ?? []) acknowledged.add(id);
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, ended, ready: Promise.race([ready.promise, ended]) };
  };
  let earlier = new Map<string, string>();
  for (let kill = 0; kill < 5; kill++) {
    const { child, ended, ready } = start();
    await ready;
    await sleep(Math.random() * 250);
    child.kill('SIGKILL');
    await ended;
    const { keys } = await tally(key.source);
    for (const id of acknowledged) expect(keys.has(id)).toBe(true);
    for (const [externalId, id] of earlier) expect(keys.get(externalId)).toBe(id);
    earlier = keys;
  }
  expect(await start().ended).toBe(0);
  const found = await tally(key.source);
  expectWhole(found);
  for (const [externalId, id] of earlier) expect(found.keys.get(externalId)).toBe(id);
});
