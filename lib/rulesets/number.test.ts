import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { restoredTo } from '../../tests/restored.ts';
import { keepMark, readMark } from './mark.ts';
import { markClaims, noticeRewind, overtakeFleet, raiseMark, renewSnapshot } from './mutations.ts';
import { publishSnapshot } from './publish.ts';
import { BELIEVED_GAP } from './schema.ts';

const feed = systemActor('feed');
const publish = (cause = 'publish R-1') => db.$transaction((tx) => publishSnapshot(tx, cause));
const marksFile = () => path.join(env().STOPGAP_DATA_DIR, 'ruleset-marks');
const claim = (seq: number, more: object = {}) => ({
  instanceId: `pod-${seq}`,
  seq,
  issuedAt: null,
  refusedSeq: null,
  ...more,
});
async function events(action: string) {
  const rows = await db.event.findMany({ where: { action }, orderBy: { id: 'asc' } });
  return rows.map(({ body }) => JSON.parse(body).data);
}

let before: number;
beforeEach(async () => {
  before = await publish();
});

test('two publishers, an older dump, and publishing again: the file beside the key keeps every number', async () => {
  const lost = await Promise.all([publish(), publish(), publish()]);
  const highest = Math.max(...lost);
  await restoredTo(before, { keepsFile: true });
  const jumps = (await events('ruleset.jump')).length;
  const fresh = await Promise.all([publish(), publish()]);
  expect(fresh.sort((a, b) => a - b)).toEqual([highest + 1, highest + 2]);
  const told = (await events('ruleset.jump')).slice(jumps);
  expect(told).toEqual([
    { seq: highest + 1, newest: before, known: highest, source: 'the file beside the signing key' },
  ]);
});

test('what an instance says it has is never given out again, though the whole data folder was restored', async () => {
  await restoredTo(before);
  expect(await markClaims(feed, [claim(before + 3), claim(before + 2)])).toBe(true);
  expect(await markClaims(feed, [claim(before + 3), claim(before + 1)])).toBe(false);
  expect(await publish()).toBe(before + 4);
  expect((await events('ruleset.rewound')).at(-1)).toEqual({
    newest: before,
    seq: before + 3,
    source: `instance pod-${before + 3}`,
  });
  expect(await markClaims(feed, [claim(before + 4)])).toBe(false);
});

test('no report uses up the numbers: what no publisher can have reached is not believed, the rest of the batch is', async () => {
  const claims = [claim(2_147_483_647), claim(before + BELIEVED_GAP + 1), claim(before + 5)];
  expect(await markClaims(feed, claims)).toBe(true);
  expect(await publish()).toBe(before + 6);
});

test('no claim is the ground for the next one: whoever repeats them climbs no further', async () => {
  const highest = async () => (await db.rulesetMark.findFirstOrThrow()).seq;
  await raiseMark(feed, { seq: before + 1_000, source: 'a bucket' });
  for (let step = 1; step <= 3; step += 1) {
    await markClaims(feed, [claim(before + 1_000 + step * BELIEVED_GAP)]);
  }
  expect(await highest()).toBe(before + 1_000 + BELIEVED_GAP);
  expect(await markClaims(feed, [claim(before + BELIEVED_GAP)])).toBe(false);
});

test('Postgres itself refuses a number that was given out, by whoever numbers without looking', async () => {
  const GIVEN_OUT = /have been given out|Unique constraint|already exists/i;
  const insert = (seq: number) =>
    db.$executeRaw`INSERT INTO ruleset (seq, payload, signature, key_id, rules, cause, expires_at)
      VALUES (${seq}, '', '', '', 0, 'naive', now())`;
  await raiseMark(feed, { seq: before + 7, source: 'a bucket' });
  for (const seq of [before, before - 1, before + 1, before + 7]) {
    await expect(insert(seq), `number ${seq}`).rejects.toThrow(GIVEN_OUT);
  }
  await expect(db.$executeRaw`UPDATE ruleset_mark SET seq = seq - 1`).rejects.toThrow(/only rises/);
  await expect(db.$executeRaw`DELETE FROM ruleset_mark`).rejects.toThrow(/only rises/);
  // One who read the highest number before another published finds that one's there.
  const naive = db.$transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ seq: number }[]>`
      SELECT greatest((SELECT max(seq) FROM ruleset), (SELECT seq FROM ruleset_mark)) AS seq`;
    const stale = (row?.seq ?? 0) + 1;
    expect(await publish()).toBe(stale);
    await tx.$executeRaw`INSERT INTO ruleset (seq, payload, signature, key_id, rules, cause, expires_at)
      VALUES (${stale}, '', '', '', 0, 'naive', now())`;
  });
  await expect(naive).rejects.toThrow(GIVEN_OUT);
});

test('a start tells once that the database is older than the file', async () => {
  const lost = await publish();
  await restoredTo(before, { keepsFile: true });
  const told = (await events('ruleset.rewound')).length;
  await Promise.all([noticeRewind(), noticeRewind(), noticeRewind()]);
  expect((await events('ruleset.rewound')).slice(told)).toEqual([
    { newest: before, seq: lost, source: 'the file beside the signing key' },
  ]);
});

test('a database behind its fleet renews nothing by itself: that would end rules only the fleet has', async () => {
  await markClaims(feed, [claim(before + 3)]);
  const days = (n: number) =>
    db.$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
      await tx.$executeRaw`UPDATE ruleset SET published_at = now() - ${n} * interval '1 day' WHERE seq = ${before}`;
    });
  await days(2);
  expect(await renewSnapshot()).toBeNull();
  // Before it runs out it is renewed all the same.
  await days(6.5);
  expect(await renewSnapshot()).toBe(before + 4);
});

test('the fleet is overtaken only where somebody has decided since', async () => {
  const signed = new Date().toISOString();
  const old = new Date(Date.now() - 3_600_000).toISOString();
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`UPDATE ruleset SET published_at = now() - interval '2 hours'`;
  });
  const ahead = [claim(before + 3, { issuedAt: old })];
  await markClaims(feed, ahead);
  expect(await overtakeFleet(feed, ahead), 'nothing was decided since').toBeNull();
  const renewed = await publish('renew');
  const further = [claim(renewed + 3, { issuedAt: old })];
  await markClaims(feed, further);
  expect(await overtakeFleet(feed, further), 'a renewal is no decision').toBeNull();
  const decided = await publish('withdraw R-1');
  const later = (more: object) => [claim(decided + 3, more)];
  await markClaims(feed, later({}));
  expect(await overtakeFleet(feed, later({})), 'unknown when').toBeNull();
  const future = new Date(Date.now() + 60_000).toISOString();
  expect(await overtakeFleet(feed, later({ issuedAt: future })), 'theirs is newer').toBeNull();
  expect(await overtakeFleet(feed, later({ issuedAt: signed }))).toBe(decided + 4);
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`UPDATE ruleset SET published_at = now() - interval '1 minute' WHERE cause = 'overtake'`;
  });
  const wide = [claim(decided + 1_100, { issuedAt: old })];
  await markClaims(feed, wide);
  expect(await overtakeFleet(feed, wide), 'too far for no person to look').toBeNull();
  const mended = await publish();
  const near = [claim(mended + 2, { issuedAt: old })];
  await markClaims(feed, near);
  expect(await overtakeFleet(feed, near)).toBe(mended + 3);
  const again = [claim(mended + 9, { issuedAt: old })];
  await markClaims(feed, again);
  expect(await overtakeFleet(feed, again), 'not twice in ten seconds').toBeNull();
});

test('an instance that refused our number as older is overtaken, whatever SDK it runs', async () => {
  await db.$executeRaw`SELECT 1`;
  const ours = await publish('publish R-2');
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`UPDATE ruleset SET published_at = now() - interval '1 minute' WHERE cause = 'overtake'`;
  });
  const refused = [claim(ours + 2, { refusedSeq: ours })];
  await markClaims(feed, refused);
  const both = await Promise.all([overtakeFleet(feed, refused), overtakeFleet(feed, refused)]);
  expect(both.sort()).toEqual([null, ours + 3].sort());
});

test('the file: torn lines, other text, many writers, and a disk that refuses', async () => {
  rmSync(marksFile(), { force: true });
  expect(readMark()).toBe(0);
  writeFileSync(marksFile(), '\n12\n\n9\n1');
  keepMark(11);
  expect(readMark()).toBe(12);
  appendFileSync(marksFile(), 'x99\n-5\n1e9\n 77\n');
  expect(readMark()).toBe(12);
  for (let seq = 20; seq < 40; seq++) keepMark(seq);
  expect(readMark()).toBe(39);
  expect(readFileSync(marksFile(), 'utf8')).toContain('\n39\n');
  rmSync(marksFile());
  // A folder in its place: nothing can be kept, and publishing goes on.
  const { mkdirSync } = await import('node:fs');
  mkdirSync(marksFile());
  chmodSync(marksFile(), 0o500);
  expect(await publish()).toBe(before + 1);
  rmSync(marksFile(), { recursive: true });
});
