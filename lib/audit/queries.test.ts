import { beforeAll, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { declareIncident, noteIncident } from '#lib/incidents/mutations';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { eventsAfter, incidentTimeline, listEvents } from './queries.ts';
import { sequenceEvents } from './sequence.ts';

let ana: UserActor;
let auditor: UserActor;
let ref: string;
let id: string;

beforeAll(async () => {
  ana = await person('commander', 'Ana Silva');
  auditor = await person('auditor');
  ({ ref, id } = await declareIncident(ana, {
    title: 'First',
    severity: 'sev2',
    interactionIds: [await flagged()],
  }));
  for (let index = 0; index < 7; index += 1)
    await noteIncident(ana, { incident: ref, text: `note ${index} says "50%_off" \\ ok` });
  const bo = await person('lead', 'Bo');
  await declareIncident(bo, { title: 'Second', severity: 'sev3' });
});

const search = async (q: string) =>
  (await listEvents(auditor, { q, limit: 200 })).items.map((item) => item.sentence);

it('finds by words, actor, incident, action and time, and takes wildcards literally', async () => {
  expect(await search('"note 3"')).toEqual(['Ana Silva noted: note 3 says "50%_off" \\ ok']);
  expect(await search('50%_off actor:silva')).toHaveLength(7);
  expect(await search('50__off')).toEqual([]);
  expect(await search('\\ ok')).toHaveLength(7);
  expect(await search(`incident:${ref}`)).toHaveLength(8);
  expect(await search('action:incident.declare')).toHaveLength(2);
  expect(await search('action:incident actor:bo')).toHaveLength(1);
  expect(await search('action:incident.dec')).toEqual([]);
  expect(await search('since:2099-01-01')).toEqual([]);
  expect(await search(`until:${new Date().toISOString().slice(0, 10)}`)).toHaveLength(9);
  expect(await search('incident:999')).toEqual([]);
  expect((await listEvents(auditor, { q: 'since:soon' })).problems).toHaveLength(1);
});

it('pages without repeating or losing one', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listEvents(auditor, { limit: 2, ...(cursor && { cursor }) });
    seen.push(...page.items.map((item) => item.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(await db.event.count());
});

it('tells one incident newest first, in pages, and links the subject', async () => {
  const first = await incidentTimeline(auditor, [id], { limit: 5 });
  expect(first.items.map((item) => item.incidentSeq)).toEqual([8, 7, 6, 5, 4]);
  const rest = await incidentTimeline(auditor, [id], { limit: 5, before: Number(first.nextCursor) });
  expect(rest.items.map((item) => item.incidentSeq)).toEqual([3, 2, 1]);
  expect(rest.nextCursor).toBeNull();
  expect(rest.items.at(-1)).toMatchObject({
    sentence: `Ana Silva declared ${ref} SEV2 “First” with 1 linked interaction`,
    href: `/incidents/${ref}`,
  });
});

it('exports incrementally by leaf index, bodies exactly as stored', async () => {
  const key = await machine(['export']);
  const total = await db.event.count();
  const sequenced = async () => {
    await sequenceEvents();
    return db.eventLeaf.count();
  };
  await expect.poll(sequenced).toBe(total);
  const bodies: (string | null)[] = [];
  let after = -1;
  for (;;) {
    const page = await eventsAfter(key, { after, limit: 4 });
    bodies.push(...page.items.map((item) => item.body));
    after = page.items.at(-1)?.leafIndex ?? after;
    if (page.nextCursor === null) break;
  }
  const stored = await db.event.findMany({ orderBy: { id: 'asc' } });
  expect(bodies).toEqual(stored.map((event) => event.body));
  expect(after).toBe(total - 1);
  expect(await eventsAfter(key, { after })).toEqual({ items: [], nextCursor: null });
});

it('is closed to keys that may only send or follow', async () => {
  const ingest = await machine(['ingest']);
  await expect(listEvents(ingest)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(eventsAfter(ingest)).rejects.toMatchObject({ code: 'forbidden' });
  // Nothing is left out of it, so who decides blind does not get it.
  await expect(eventsAfter(await person('reviewer'))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(incidentTimeline(ingest, [id])).rejects.toMatchObject({ code: 'forbidden' });
});
