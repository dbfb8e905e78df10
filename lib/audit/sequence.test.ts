import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { recordEvent } from './record.ts';
import { sequenceEvents } from './sequence.ts';

let other: pg.Client;

beforeEach(async () => {
  other = new pg.Client({ connectionString: env().DATABASE_URL });
  await other.connect();
});
afterEach(async () => {
  await other.end();
});

const write = (action: string) =>
  db.$transaction((tx) =>
    recordEvent(tx, systemActor('test'), { action, subject: { type: 'test', id: '1' } }),
  );

const INSERT = `INSERT INTO event (action, actor_kind, actor_name, subject_type, subject_id, body, occurred_at)
  VALUES ($1, 'system', 'test', 'test', '1', '{}', now()) RETURNING id::int`;

async function order() {
  const leaves = await db.eventLeaf.findMany({
    orderBy: { leafIndex: 'asc' },
    select: { leafIndex: true, event: { select: { action: true } } },
  });
  expect(leaves.map((leaf) => Number(leaf.leafIndex))).toEqual(leaves.map((_, index) => index));
  return leaves.map((leaf) => leaf.event.action);
}

/** Other test files run beside this one in the same Postgres and may hold the horizon for a moment. */
async function sequenceUntil(action: string) {
  await expect
    .poll(async () => {
      await sequenceEvents();
      return order();
    })
    .toContain(action);
}

it('an event whose transaction commits late is neither skipped nor put before what was numbered', async () => {
  await write('first');
  await sequenceUntil('first');
  const before = await order();

  // The other transaction takes the smaller id and stays open.
  await other.query('BEGIN');
  const early = (await other.query(INSERT, ['early'])).rows[0].id as number;
  await write('late');
  const late = await db.event.findFirstOrThrow({ where: { action: 'late' } });
  expect(Number(late.id)).toBeGreaterThan(early);

  // What a cursor on the id would do: it sees `late`, moves past it, and never looks back.
  let cursor = 0;
  const naive: string[] = [];
  const readNaively = async () => {
    const rows = await db.event.findMany({ where: { id: { gt: cursor } }, orderBy: { id: 'asc' } });
    naive.push(...rows.map((row) => row.action));
    cursor = Number(rows.at(-1)?.id ?? cursor);
  };
  await readNaively();

  // While the other is open, nothing newer than it gets a number.
  await sequenceEvents();
  expect(await order()).toEqual(before);

  await other.query('COMMIT');
  await readNaively();
  expect(naive).toContain('late');
  expect(naive).not.toContain('early');

  await sequenceUntil('late');
  const after = await order();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length)).toEqual(['early', 'late']);
});

it('numbers an event with a smaller id that becomes visible after a larger one was numbered', async () => {
  // `small` takes its id first but its transaction id last: pg_current_xact_id() was not asked yet.
  await other.query('BEGIN');
  const reserved = (await other.query("SELECT nextval('event_id_seq')::int AS id")).rows[0].id as number;
  await write('large');
  await sequenceUntil('large');
  const before = await order();
  await other.query(INSERT.replace('(action', '(id, action').replace('($1', `(${reserved}, $1`), ['small']);
  await other.query('COMMIT');
  await sequenceUntil('small');
  expect(await order()).toEqual([...before, 'small']);
});

it('an aborted transaction leaves no hole, and many sequencers at once give each event one place', async () => {
  await other.query('BEGIN');
  await other.query(INSERT, ['aborted']);
  await other.query('ROLLBACK');
  for (let index = 0; index < 30; index += 1) await write(`many ${index}`);
  await Promise.all(Array.from({ length: 6 }, () => sequenceEvents()));
  await sequenceUntil('many 29');
  const actions = await order();
  expect(actions).not.toContain('aborted');
  expect(new Set(actions).size).toBe(actions.length);
  expect(actions).toHaveLength(await db.event.count());
});

it('a number once given cannot be changed or taken back', async () => {
  await write('fixed');
  await sequenceUntil('fixed');
  await expect(db.eventLeaf.deleteMany()).rejects.toThrow('append-only');
  await expect(db.$executeRaw`UPDATE event_leaf SET leaf_index = leaf_index + 1000`).rejects.toThrow(
    'append-only',
  );
});
