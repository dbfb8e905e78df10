import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { eventsAfter, listEvents } from '#lib/audit/queries';
import { sequenceEvents } from '#lib/audit/sequence';
import { getBatch } from '#lib/batches/queries';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { newId } from '#lib/ids';
import { declareIncident, noteIncident, transitionIncident } from '#lib/incidents/mutations';
import { getInteraction } from '#lib/interactions/queries';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { readCsv } from '../../tests/read-csv.ts';
import { exportEvents, exportIncident } from './mutations.ts';
import type { Export } from './schema.ts';

let ana: UserActor;
let auditor: UserActor;

beforeAll(async () => {
  ana = await person('commander', 'Ana');
  auditor = await person('auditor', 'Omar');
});

type Line = { type: string } & Record<string, unknown>;

async function linesOf(made: Export): Promise<Line[]> {
  let text = '';
  for await (const line of made.lines) text += line;
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
const ofType = (lines: Line[], type: string) => lines.filter((line) => line.type === type);

/** Other test files run beside this one in the same Postgres and may hold the horizon for a moment. */
async function giveEveryPlace() {
  const missing = async () => {
    await sequenceEvents({ full: true });
    return (await db.event.count()) - (await db.eventLeaf.count());
  };
  await expect.poll(missing).toBe(0);
}

/** A connection that has written and does not commit: nothing after it gets its place in the total order. */
async function openTransaction() {
  const client = new pg.Client({ connectionString: env().DATABASE_URL });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT pg_current_xact_id()');
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}

describe('an export while the order of events is behind', () => {
  it('holds every acknowledged event, and says which have no place yet', async () => {
    await giveEveryPlace();
    const end = await openTransaction();
    const made = await declareIncident(ana, { title: 'held up', severity: 'sev3' });
    await noteIncident(ana, { incident: made.ref, text: 'one, held up' });
    await noteIncident(ana, { incident: made.ref, text: 'two, held up' });
    await sequenceEvents();
    const query = `incident:${made.ref.slice(4)}`;
    const lines = await linesOf(await exportEvents(auditor, { format: 'ndjson', q: query }));
    const bodies = ofType(lines, 'event').map(({ body }) => body);
    const stored = await db.event.findMany({ where: { incidentId: made.id }, orderBy: { id: 'asc' } });
    expect(bodies).toEqual(stored.map(({ body }) => body));
    expect(ofType(lines, 'event').map(({ leafIndex }) => leafIndex)).toEqual([null, null, null]);
    expect(lines[0]).toMatchObject({
      counts: { events: 3, unordered: 3, withheld: 0 },
      unordered: expect.stringContaining('no place in the total order yet'),
    });
    expect(lines.at(-1)).toEqual({ type: 'end', written: { event: 3 } });
    const recorded = await db.event.findFirstOrThrow({
      where: { action: 'audit.export' },
      orderBy: { id: 'desc' },
    });
    expect(JSON.parse(recorded.body).data).toMatchObject({ events: 3, unordered: 3 });

    let table = '';
    for await (const line of (await exportEvents(auditor, { format: 'csv', q: query })).lines) table += line;
    const [header, ...rows] = readCsv(table.slice(1));
    expect(rows.map((row) => row[0])).toEqual(['', '', '']);
    expect(rows.map((row) => row[header?.indexOf('incident') ?? -1])).toEqual([made.ref, made.ref, made.ref]);

    // Once the transaction is gone each has its place, in the export and in the incremental one.
    await end();
    await giveEveryPlace();
    const later = await linesOf(await exportEvents(auditor, { format: 'ndjson', q: query }));
    expect(later[0]).toMatchObject({ counts: { events: 3, unordered: 0 } });
    expect(ofType(later, 'event').map(({ body }) => body)).toEqual(bodies);
    const { items } = await eventsAfter(auditor, { limit: 1_000 });
    for (const body of bodies) expect(items.filter((item) => item.body === body)).toHaveLength(1);
  });

  it('has no event twice while the order catches up under it', async () => {
    const end = await openTransaction();
    const made = await declareIncident(ana, { title: 'catching up', severity: 'sev4' });
    const cut = await exportEvents(auditor, { format: 'ndjson', q: `incident:${made.ref.slice(4)}` });
    await end();
    await giveEveryPlace();
    expect(ofType(await linesOf(cut), 'event')).toHaveLength(1);
  });
});

describe('an export of an incident into which another was merged', () => {
  it('holds the other history too, named by its incident', async () => {
    const from = await declareIncident(ana, { title: 'from', severity: 'sev4' });
    await noteIncident(ana, { incident: from.ref, text: 'root cause' });
    const into = await declareIncident(ana, { title: 'into', severity: 'sev4' });
    await transitionIncident(ana, {
      incident: from.ref,
      to: 'merged',
      version: 1,
      mergeInto: into.ref,
    });
    const lines = await linesOf(await exportIncident(auditor, { incident: into.ref, format: 'ndjson' }));
    expect(lines[0]).toMatchObject({
      merged: [{ ref: from.ref, title: 'from', events: 3 }],
      counts: { events: 6 },
    });
    const events = ofType(lines, 'event').map(({ body }) => JSON.parse(String(body)));
    expect(events.map(({ action }) => action)).toEqual([
      'incident.declare',
      'incident.absorb',
      'incident.export',
      'incident.declare',
      'incident.note',
      'incident.transition',
    ]);
    let table = '';
    for await (const line of (await exportIncident(auditor, { incident: into.ref, format: 'csv' })).lines)
      table += line;
    const [header, ...rows] = readCsv(table.slice(1));
    const named = rows.map((row) => row[header?.indexOf('incident') ?? -1]);
    expect(named.filter((ref) => ref === from.ref)).toHaveLength(3);
    expect(named.filter((ref) => ref === into.ref)).toHaveLength(rows.length - 3);
  });
});

describe('reviews stay blind in every export', () => {
  it('withholds, by count, what somebody who may yet review must not see', async () => {
    const rita = await person('reviewer', 'Rita');
    const interactionId = await flagged();
    const { ref } = await declareIncident(ana, {
      title: 'blind',
      severity: 'sev4',
      interactionIds: [interactionId],
    });
    await db.review.create({
      data: { id: newId(), interactionId, reviewerId: rita.id, verdict: 'harmful', note: '', timeSpentMs: 9 },
    });
    await db.event.create({
      data: {
        action: 'review.decide',
        actorKind: 'user',
        actorId: rita.id,
        actorName: rita.name,
        subjectType: 'interaction',
        subjectId: interactionId,
        body: JSON.stringify({ id: newId(), action: 'review.decide', data: { verdict: 'harmful' } }),
        occurredAt: new Date(),
      },
    });
    await giveEveryPlace();
    for (const [actor, sees] of [
      [ana, false],
      [await person('lead', 'Lea'), false],
      [auditor, true],
      [await machine(['export']), false],
      [await person('admin'), null],
    ] as const) {
      if (sees === null) {
        expect((await getInteraction(actor, interactionId)).reviews).toHaveLength(1);
        continue;
      }
      // The page, and every way out: the same.
      expect((await getInteraction(actor, interactionId)).reviews, actor.name).toHaveLength(sees ? 1 : 0);
      const told = await listEvents(actor, { q: 'action:review.decide' });
      expect(told.items, actor.name).toHaveLength(sees ? 1 : 0);
      const found = await exportEvents(actor, { format: 'csv', q: 'harmful' });
      let table = '';
      for await (const line of found.lines) table += line;
      expect(table.includes('review.decide'), actor.name).toBe(sees);
      const log = await linesOf(await exportEvents(actor, { format: 'ndjson', q: 'action:review.decide' }));
      expect(ofType(log, 'event'), actor.name).toHaveLength(sees ? 1 : 0);
      expect(log[0]).toMatchObject({ counts: { events: sees ? 1 : 0, withheld: sees ? 0 : 1 } });
      const { items } = await eventsAfter(actor, { limit: 1_000 });
      const decided = items.filter(({ body }) => body?.includes('review.decide'));
      expect(decided, actor.name).toHaveLength(sees ? 1 : 0);
      expect(items.filter(({ body }) => body === null)).toHaveLength(sees ? 0 : 1);
      const own = await linesOf(await exportIncident(actor, { incident: ref, format: 'ndjson' }));
      expect(ofType(own, 'review'), actor.name).toHaveLength(sees ? 1 : 0);
      expect(own[0]).toMatchObject({ counts: { reviews: sees ? 1 : 0, withheldReviews: sees ? 0 : 1 } });
    }
  });

  const WORDS = [
    ['review.decide', 'interaction'],
    ['review.undo', 'interaction'],
    ['review.reopen', 'interaction'],
    ['review.disagree', 'interaction'],
    ['review.adjudicate', 'interaction'],
    ['cluster.auto_decide', 'interaction'],
    ['batch.decide', 'batch'],
    ['golden.answer', 'interaction'],
    ['golden.mark', 'interaction'],
  ] as const;

  it.each(WORDS)(
    '%s is nobody’s to read by a key, and no way to the figures is another',
    async (action, type) => {
      const rita = await person('reviewer', 'Rita');
      const key = await machine(['export', 'respond']);
      const interactionId = await flagged();
      const batchId = newId();
      await db.queueItem.update({ where: { interactionId }, data: { reviewsDone: 1, reviewsNeeded: 2 } });
      await db.reviewBatch.create({
        data: { id: batchId, kind: 'cluster', actorId: rita.id, verdict: 'harmful', count: 1 },
      });
      await db.review.create({
        data: {
          ...{ id: newId(), interactionId, reviewerId: rita.id, batchId },
          ...{ verdict: 'harmful', note: 'zebra', timeSpentMs: 9 },
        },
      });
      await db.event.create({
        data: {
          ...{ action, actorKind: 'user', actorId: rita.id, actorName: rita.name, subjectType: type },
          subjectId: type === 'batch' ? batchId : interactionId,
          body: JSON.stringify({ id: newId(), action, data: { verdict: 'harmful', word: batchId } }),
          occurredAt: new Date(),
        },
      });
      await giveEveryPlace();
      expect(JSON.stringify(await eventsAfter(key, { limit: 1_000 }))).not.toContain(batchId);
      const all = await linesOf(await exportEvents(key, { format: 'ndjson', q: '' }));
      expect(JSON.stringify(all)).not.toContain(batchId);
      expect((await listEvents(key, { q: batchId })).items).toEqual([]);
      expect(JSON.stringify(await getInteraction(key, interactionId))).not.toMatch(/harmful|zebra|Rita/);
      expect(await getBatch(key, batchId)).toMatchObject({ verdict: null, note: null });
      // Once it is decided all of it is there.
      await db.queueItem.update({
        where: { interactionId },
        data: { state: 'decided', verdict: 'harmful', decidedAt: new Date() },
      });
      const isGolden = action.startsWith('golden.');
      expect((await listEvents(key, { q: batchId })).items).toHaveLength(isGolden ? 0 : 1);
    },
  );
});

describe('an export is of one moment', () => {
  it('whatever is decided, linked, drafted or erased while it is read: lines are as many as were counted', async () => {
    const [rita, omar] = [await person('reviewer', 'Rita'), await person('auditor')];
    const ids = [];
    for (let index = 0; index < 45; index += 1) ids.push(await flagged({ prompt: `prompt ${index}` }));
    const { ref, id } = await declareIncident(ana, {
      title: 'one moment',
      severity: 'sev4',
      interactionIds: ids,
    });
    for (const actor of [ana, omar]) {
      const made = await exportIncident(actor, { incident: ref, format: 'ndjson' });
      const first = await made.lines.next();
      // By now the page of twenty is not read, and nothing of what follows is in it.
      await db.review.createMany({
        data: ids.map((interactionId) => ({
          ...{ id: newId(), interactionId, reviewerId: rita.id, note: '', timeSpentMs: 9 },
          verdict: 'harmful',
        })),
        skipDuplicates: true,
      });
      await db.queueItem.updateMany({
        where: { interactionId: { in: ids } },
        data: { state: 'decided', verdict: 'harmful', decidedAt: new Date() },
      });
      await db.finding.deleteMany({ where: { interactionId: { in: ids.slice(20) } } });
      await noteIncident(ana, { incident: ref, text: 'meanwhile' });
      const lines = [JSON.parse(String(first.value)), ...(await linesOf(made))];
      const { counts } = lines[0];
      const written = Object.fromEntries(
        ['interaction', 'finding', 'review', 'event'].map((type) => [type, ofType(lines, type).length]),
      );
      expect(written).toEqual({
        interaction: counts.interactions,
        finding: counts.findings,
        review: counts.reviews,
        event: counts.events,
      });
      const own = await db.event.findMany({
        where: { incidentId: id, incidentSeq: { lte: counts.events } },
        orderBy: { incidentSeq: 'asc' },
      });
      expect(ofType(lines, 'event').map(({ body }) => body)).toEqual(own.map(({ body }) => body));
      // As it was: the next of the two finds reviews, and none is taken from it either.
      await db.finding.createMany({
        data: ids.slice(20).map((interactionId) => ({
          ...{ interactionId, position: 0, detector: 'fixture', category: 'insecure_code', severity: 'high' },
        })),
      });
    }
  });

  it('of the log: a decision that ends its blindness while it is read changes neither count nor lines', async () => {
    const rita = await person('reviewer', 'Rita');
    const interactionId = await flagged();
    await db.event.create({
      data: {
        ...{ action: 'review.decide', actorKind: 'user', actorId: rita.id, actorName: rita.name },
        ...{ subjectType: 'interaction', subjectId: interactionId, occurredAt: new Date() },
        body: JSON.stringify({ action: 'review.decide', data: { word: interactionId } }),
      },
    });
    await giveEveryPlace();
    const made = await exportEvents(ana, { format: 'ndjson', q: interactionId });
    await db.queueItem.update({ where: { interactionId }, data: { state: 'decided', verdict: 'benign' } });
    const lines = await linesOf(made);
    expect(lines[0]).toMatchObject({ counts: { events: 0, withheld: 1 } });
    expect(lines.at(-1)).toEqual({ type: 'end', written: {} });
  });

  it('one that is given up, or never read, holds nothing back', async () => {
    const { ref } = await declareIncident(ana, { title: 'given up', severity: 'sev4' });
    for (let round = 0; round < 20; round += 1) {
      const unread = await exportIncident(ana, { incident: ref, format: 'csv' });
      await unread.lines.return(undefined);
      const begun = await exportEvents(ana, { format: 'ndjson', q: 'action:incident.note' });
      await begun.lines.next();
      await begun.lines.return(undefined);
    }
    const [open] = await db.$queryRaw<{ open: number }[]>`
      SELECT count(*)::int AS open FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
    expect(open).toEqual({ open: 0 });
  });
});
