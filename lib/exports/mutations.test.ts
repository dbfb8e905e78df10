import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { UserActor } from '#lib/actor';
import { sequenceEvents } from '#lib/audit/sequence';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { declareIncident, noteIncident } from '#lib/incidents/mutations';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { readCsv } from '../../tests/read-csv.ts';
import { exportEvents, exportIncident } from './mutations.ts';
import { exportResponse } from './response.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const HOSTILE = {
  prompt: 'first\r\nsecond\rthird\n\u2028 sep \u2029 nel \u0085',
  before: '',
  completion: '=cmd() "quoted" \\ \u202Eright to left\u202C zero\u200Bwidth \uFEFFbom 😀 </script>\t\r\n',
};

let ana: UserActor;
let bo: UserActor;
let auditor: UserActor;
let ref: string;
let incidentId: string;
let hostileId: string;

beforeAll(async () => {
  ana = await person('commander', '=Ana()');
  bo = await person('commander', 'Bo');
  auditor = await person('auditor', 'Omar');
  hostileId = await flagged(HOSTILE);
  const made = await declareIncident(ana, {
    title: 'SQL by plus',
    severity: 'sev2',
    commanderId: ana.id,
    interactionIds: [hostileId, await flagged()],
  });
  ref = made.ref;
  incidentId = made.id;
  await db.review.create({
    data: {
      id: newId(),
      interactionId: hostileId,
      reviewerId: bo.id,
      verdict: 'harmful',
      note: 'see',
      timeSpentMs: 9,
    },
  });
  for (const text of ['=1+1', '+SUM(A1)', '-2', '@x', '\u2028odd "note"\r\nline two', 'plain'])
    await noteIncident(ana, { incident: ref, text });
  await carriedRule();
});

/** A rule of the incident that ruleset 2 carried and 4 ended; 1 and 5 have nothing to do with it. */
async function carriedRule() {
  const expiresAt = new Date(Date.now() + 3_600_000);
  for (let seq = 1; seq <= 5; seq += 1) {
    const payload = `{"seq":${seq},"x":"\u2028"}`;
    await db.ruleset.create({
      data: { seq, payload, signature: 's', keyId: 'k', rules: 1, cause: 'test', expiresAt },
    });
  }
  await db.mitigation.create({
    data: {
      id: newId(),
      incidentId,
      title: 'Block plus',
      scope: {},
      matcher: {},
      target: 'completion',
      action: 'block',
      mode: 'enforce',
      tests: {},
      expiresAt,
      state: 'withdrawn',
      publishedSeq: 2,
      endedSeq: 4,
      approvals: { create: { version: 1, approverId: bo.id } },
      versions: { create: { version: 1, digest: sha256('{}'), body: '{}' } },
    },
  });
  const offeredAt = new Date();
  await db.adoption.createMany({
    data: [
      { instanceId: 'a', seq: 2, offeredAt, activeAt: new Date(offeredAt.getTime() + 200) },
      { instanceId: 'b', seq: 2, offeredAt, failedAt: offeredAt, reason: 'no disk' },
    ],
  });
}

type Line = { type: string } & Record<string, unknown>;

async function download(format: 'ndjson' | 'csv', actor: Parameters<typeof exportIncident>[0] = auditor) {
  const response = exportResponse(await exportIncident(actor, { incident: ref, format }));
  return { text: Buffer.from(await response.arrayBuffer()).toString('utf8'), headers: response.headers };
}

const parse = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const ofType = (lines: Line[], type: string) => lines.filter((line) => line.type === type);

describe('exportIncident as NDJSON', () => {
  it('holds everything, in order, with true counts and an end', async () => {
    const { text, headers } = await download('ndjson');
    const lines = parse(text);
    expect(headers.get('content-disposition')).toMatch(new RegExp(`filename="${ref}-.*Z\\.ndjson"`));
    const order = lines.map((line) => line.type).filter((type, index, all) => type !== all[index - 1]);
    expect(order.join(' ')).toMatch(
      /^manifest incident (interaction finding (review )?)+mitigation version (ruleset adoption (receipt )?)+event end$/,
    );
    const manifest: Line = lines[0] ?? { type: 'none' };
    expect(manifest).toMatchObject({
      incident: ref,
      schemaVersion: 1,
      exportedBy: { name: 'Omar', kind: 'user' },
    });
    const counts = { interactions: 2, findings: 2, reviews: 1, mitigations: 1, rulesets: 3 };
    expect(manifest.counts).toMatchObject(counts);
    const { events } = manifest.counts as { events: number };
    expect(lines.at(-1)).toMatchObject({
      type: 'end',
      written: { interaction: 2, finding: 2, review: 1, mitigation: 1, ruleset: 3, event: events },
    });
    expect(ofType(lines, 'mitigation')[0]).toMatchObject({ approvals: [{ approverId: bo.id }] });
    expect(ofType(lines, 'version')).toMatchObject([{ version: 1, digest: sha256('{}'), body: '{}' }]);
    expect(ofType(lines, 'ruleset').map((line) => line.seq)).toEqual([2, 3, 4]);
    expect(ofType(lines, 'ruleset')[0]?.payload).toBe('{"seq":2,"x":"\u2028"}');
    expect(ofType(lines, 'adoption')[0]).toMatchObject({
      seq: 2,
      offered: 2,
      active: 1,
      failed: 1,
      measured: 1,
    });
    expect(ofType(lines, 'receipt')).toHaveLength(2);
  });

  it('brings code back byte for byte, and every event body exactly as stored, its own included', async () => {
    const lines = parse((await download('ndjson')).text);
    expect(ofType(lines, 'interaction').find((line) => line.id === hostileId)).toMatchObject(HOSTILE);
    const stored = await db.event.findMany({ where: { incidentId }, orderBy: { incidentSeq: 'asc' } });
    expect(ofType(lines, 'event').map((line) => line.body)).toEqual(stored.map((event) => event.body));
    expect(JSON.parse(String(stored.at(-1)?.body))).toMatchObject({
      action: 'incident.export',
      actor: { name: 'Omar' },
      data: { format: 'ndjson', counts: { interactions: 2, events: stored.length } },
    });
  });

  it('is recorded before it is sent, and what happens meanwhile is left to the next one', async () => {
    const before = await db.event.count({ where: { incidentId } });
    const made = await exportIncident(await machine(['export']), { incident: ref, format: 'ndjson' });
    expect(await db.event.count({ where: { incidentId } })).toBe(before + 1);
    await noteIncident(ana, { incident: ref, text: 'too late' });
    let text = '';
    for await (const line of made.lines) text += line;
    expect(text).not.toContain('too late');
    expect(ofType(parse(text), 'event')).toHaveLength(before + 1);
  });

  it('is refused to who may not, and for no incident, and then records nothing', async () => {
    const events = await db.event.count();
    for (const actor of [await person('reviewer'), await person('admin'), await machine(['respond'])]) {
      const attempt = exportIncident(actor, { incident: ref, format: 'csv' });
      await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
    }
    const nowhere = exportIncident(auditor, { incident: 'INC-99999', format: 'csv' });
    await expect(nowhere).rejects.toMatchObject({ code: 'not_found' });
    expect(await db.event.count()).toBe(events);
  });
});

describe('exportIncident as CSV', () => {
  it('is one safe row per event, says which cells it altered, and leads back to the exact body', async () => {
    const { text, headers } = await download('csv');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(text.startsWith('\uFEFF"seq",')).toBe(true);
    const [header, ...rows] = readCsv(text.slice(1));
    const column = (name: string) => header?.indexOf(name) ?? -1;
    const stored = await db.event.findMany({ where: { incidentId }, orderBy: { incidentSeq: 'asc' } });
    expect(rows.map((row) => Number(row[column('seq')]))).toEqual(stored.map((event) => event.incidentSeq));
    expect(rows.map((row) => row[column('body_sha256')])).toEqual(
      stored.map((event) => createHash('sha256').update(event.body).digest('hex')),
    );
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r\0]/);
    const notes = rows
      .filter((row) => row[column('action')] === 'incident.note')
      .map((row) => row[column('text')]);
    expect(notes.slice(0, 6)).toEqual([
      "'=1+1",
      "'+SUM(A1)",
      "'-2",
      "'@x",
      '\u2028odd "note"\r\nline two',
      'plain',
    ]);
    const first = rows.find((row) => row[column('text')] === "'=1+1");
    expect(first?.[column('actor_name')]).toBe("'=Ana()");
    expect(first?.at(-1)).toBe('actor_name sentence text');
  });
});

it('reads page by page: 120 MB go by and never sit in memory at once', async () => {
  const big = await declareIncident(ana, { title: 'big', severity: 'sev4' });
  const completion = 'x'.repeat(500_000);
  const ids: string[] = [];
  for (let index = 0; index < 240; index += 1) ids.push(await flagged({ completion, prompt: `${index}` }));
  await db.incidentInteraction.createMany({
    data: ids.map((interactionId) => ({ incidentId: big.id, interactionId })),
  });
  const { lines } = await exportIncident(auditor, { incident: big.ref, format: 'ndjson' });
  const before = heldBytes();
  const held: number[] = [];
  let bytes = 0;
  let taken = 0;
  for await (const line of lines) {
    bytes += line.length;
    if (line.startsWith('{"type":"interaction"')) taken += 1;
    if (taken === (held.length + 1) * 60) held.push(heldBytes() - before);
  }
  expect(bytes).toBeGreaterThan(120_000_000);
  // A page is 20 interactions, 10 MB, in the driver's, the client's and our own form; the whole would be 120 MB.
  expect(held).toHaveLength(4);
  expect(Math.max(...held)).toBeLessThan(90_000_000);
});

/** What is really in use, after a forced garbage collection. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('exportEvents', () => {
  it('exports what a search finds, recorded, in the total order', async () => {
    const total = await db.event.count();
    const sequenced = async () => {
      await sequenceEvents();
      return db.eventLeaf.count();
    };
    await expect.poll(sequenced).toBe(total);
    const made = await exportEvents(auditor, { format: 'ndjson', q: 'action:incident.note' });
    let text = '';
    for await (const line of made.lines) text += line;
    const lines = parse(text);
    const notes = await db.event.findMany({ where: { action: 'incident.note' }, orderBy: { id: 'asc' } });
    expect(ofType(lines, 'event').map((line) => line.body)).toEqual(notes.map((event) => event.body));
    expect(lines[0]).toMatchObject({ type: 'manifest', counts: { events: notes.length } });
    expect(lines.at(-1)).toEqual({ type: 'end', written: { event: notes.length } });
    const last = await db.event.findFirstOrThrow({ orderBy: { id: 'desc' } });
    expect(last).toMatchObject({ action: 'audit.export', actorName: 'Omar' });

    const csv = await exportEvents(auditor, { format: 'csv', q: 'action:incident.note' });
    let table = '';
    for await (const line of csv.lines) table += line;
    expect(readCsv(table.slice(1))).toHaveLength(notes.length + 1);
  });

  it('is refused to who may not, and for a search it does not understand', async () => {
    const reviewer = await person('reviewer');
    await expect(exportEvents(reviewer, { format: 'csv', q: '' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(exportEvents(auditor, { format: 'csv', q: 'since:soon' })).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});
