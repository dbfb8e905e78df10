import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { until } from '#bin/testing/run';
import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { declareIncident } from '#lib/incidents/mutations';
import { eraseTexts } from '#lib/retention/erase-texts';
import { type Stage, seedStage } from '#tests/backtest-rows';
import { flagged, machine, person } from '#tests/fixtures';
import { tried, workOnNext } from '#tests/run-backtest';
import { runBacktests } from '#worker/backtests';
import { cancelBacktest, latestBacktest, readBacktest, startBacktest } from './backtest.ts';
import { claimBacktest, RUNNING_MAX, workOn } from './backtest-jobs.ts';
import { LOST_AFTER_MS } from './backtest-lost.ts';
import { endIdleThreads } from './backtest-threads.ts';
import { draftMitigation, editMitigation } from './mutations.ts';
import type { RuleDraft } from './schema.ts';

let ana: UserActor;
let stage: Stage;

const draft = (text = 'evil('): RuleDraft => ({
  scope: {},
  matcher: { kind: 'literal', text, ignoreCase: false },
  target: 'completion',
});

beforeAll(async () => {
  ana = await person('commander');
  stage = await seedStage(1_200);
});
afterAll(endIdleThreads);

/** A worker in this process. */
function startWorker() {
  const stop = new AbortController();
  const running = runBacktests(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
}

const ended = async (id: string) => (await readBacktest(ana, id)).state !== 'running';

test('many workers share out what is asked for, and each is run once', async () => {
  startWorker();
  startWorker();
  const started = await Promise.all(
    Array.from({ length: 6 }, (_, n) => startBacktest(ana, { draft: draft(`evil(${n}`) })),
  );
  for (const { id } of started) await until(() => ended(id), `back-test ${id}`);
  for (const { id } of started) {
    const { state, scanned, total, result, problem } = await readBacktest(ana, id);
    expect({ state, problem }).toEqual({ state: 'done', problem: null });
    expect(scanned).toBe(total);
    expect(result?.scanned).toBe(stage.rows.filter((row) => !row.erased).length);
  }
});

test('one is never claimed twice, and no more run at once than may', async () => {
  for (let n = 0; n < RUNNING_MAX + 2; n++) await startBacktest(ana, { draft: draft() });
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimBacktest()));
  const claimed = claims.filter((claim) => claim !== null);
  expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
  expect(claimed).toHaveLength(RUNNING_MAX);
  const waiting = await db.backtest.findFirstOrThrow({ where: { state: 'running', total: null } });
  await db.backtest.update({ where: { id: waiting.id }, data: { startedAt: new Date(Date.now() - 60_000) } });
  expect((await readBacktest(ana, waiting.id)).problem).toContain('2 other back-tests run');
  for (const claim of claimed) await workOn(claim, new AbortController().signal);
  expect((await readBacktest(ana, waiting.id)).problem).toContain('Waits for the worker');
  while (await db.backtest.count({ where: { state: 'running' } })) await workOnNext();
});

test('a cancelled one stops in the middle and keeps no figures', async () => {
  const { id } = await startBacktest(ana, { draft: draft() });
  const claimed = await claimBacktest();
  if (!claimed) throw new Error('nothing waits');
  expect(await cancelBacktest(ana, id)).toEqual({ cancelled: true });
  await workOn(claimed, new AbortController().signal);
  expect(await readBacktest(ana, id)).toMatchObject({ state: 'cancelled', result: null });
  expect(await cancelBacktest(ana, id)).toEqual({ cancelled: false });
  // One that waits is never taken.
  const { id: second } = await startBacktest(ana, { draft: draft() });
  await cancelBacktest(ana, second);
  expect(await claimBacktest()).toBeNull();
});

test('is ended by who started it, and by who writes rules; not by who only reads', async () => {
  const { id } = await startBacktest(ana, { draft: draft() });
  await expect(cancelBacktest(await person('auditor'), id)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(cancelBacktest(await machine(['export']), id)).rejects.toMatchObject({ code: 'forbidden' });
  expect(await cancelBacktest(await person('commander'), id)).toEqual({ cancelled: true });
});

test('one whose process is lost says so by itself, and its late answer changes nothing', async () => {
  const { id } = await startBacktest(ana, { draft: draft() });
  const claimed = await claimBacktest();
  if (!claimed) throw new Error('nothing waits');
  await db.backtest.update({ where: { id }, data: { beatAt: new Date(Date.now() - LOST_AFTER_MS - 1_000) } });
  expect(await readBacktest(ana, id)).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('start it again'),
  });
  await workOn(claimed, new AbortController().signal);
  expect((await readBacktest(ana, id)).state).toBe('failed');
});

test('a worker that stops puts its run back, and the next one finishes it', async () => {
  const { id } = await startBacktest(ana, { draft: draft() });
  const claimed = await claimBacktest();
  if (!claimed) throw new Error('nothing waits');
  const stop = new AbortController();
  stop.abort();
  await workOn(claimed, stop.signal);
  expect(await readBacktest(ana, id)).toMatchObject({ state: 'running', total: 0 });
  await workOnNext();
  expect((await readBacktest(ana, id)).state).toBe('done');
});

test('counts for the version of the rule that it tried, also when it was tried before it was written down', async () => {
  const { ref } = await declareIncident(ana, {
    title: 'I',
    severity: 'sev2',
    interactionIds: [await flagged({ completion: 'x = evil(1)' })],
  });
  const before = await tried(ana, { draft: draft(), incident: ref });
  expect(before.incident).toMatchObject({ hits: 1, total: 1 });
  const rule = await draftMitigation(ana, {
    ...draft(),
    ...{ incident: ref, title: 'R', action: 'block', mode: 'enforce', expiresInMinutes: 60 },
  });
  const { id } = await db.mitigation.findFirstOrThrow({ where: { number: Number(rule.ref.slice(2)) } });
  expect((await latestBacktest(db, id, 1))?.incident).toMatchObject({ hits: 1, total: 1 });
  await editMitigation(ana, { mitigation: rule.ref, version: 1, matcher: draft('= evil(').matcher });
  expect(await latestBacktest(db, id, 2)).toBeNull();
  await tried(ana, { draft: draft('other'), mitigation: rule.ref });
  expect(await latestBacktest(db, id, 2)).toBeNull();
  await tried(ana, { draft: draft('= evil('), mitigation: rule.ref });
  expect((await latestBacktest(db, id, 2))?.incident).toMatchObject({ hits: 1, total: 1 });
});

test('what is erased after it was counted is in no example, and in no row of the table', async () => {
  const id = await flagged({ completion: 'numbat_only_here = evil(5)' });
  const { id: run } = await startBacktest(ana, { draft: draft('numbat_only_here') });
  await workOnNext();
  expect((await readBacktest(ana, run)).result?.examples[0]?.excerpt.text).toContain('numbat_only_here');
  await db.$transaction((tx) => eraseTexts(tx, [id], 'request'));
  expect((await readBacktest(ana, run)).result?.examples).toEqual([]);
  const row = await db.backtest.findUniqueOrThrow({ where: { id: run } });
  expect(JSON.stringify(row.result)).not.toContain('numbat');
});

test('refuses a rule that must not run, an actor who may not read, and what is not there', async () => {
  const bad = { ...draft(), matcher: { kind: 're2', pattern: '(', ignoreCase: false } as const };
  await expect(startBacktest(ana, { draft: bad })).rejects.toMatchObject({
    code: 'invalid',
    fields: { 'matcher.pattern': expect.any(String) },
  });
  const outsider = await machine(['ingest']);
  await expect(startBacktest(outsider, { draft: draft() })).rejects.toMatchObject({ code: 'forbidden' });
  for (const id of ['nothing', '00000000-0000-7000-8000-00000000dead']) {
    await expect(readBacktest(ana, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(cancelBacktest(ana, id)).rejects.toMatchObject({ code: 'not_found' });
  }
  await expect(startBacktest(ana, { draft: draft(), cluster: 'C-999999' })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('one person cannot fill the queue of back-tests; another still gets a turn', async () => {
  const [many, other] = [await person('commander'), await person('commander')];
  const started = await Promise.allSettled(
    Array.from({ length: 20 }, () => startBacktest(many, { draft: draft() })),
  );
  expect(started.every(({ status }) => status === 'fulfilled')).toBe(true);
  await expect(startBacktest(many, { draft: draft() })).rejects.toMatchObject({
    code: 'rate_limited',
    retryAfterSeconds: expect.any(Number),
  });
  const { id } = await startBacktest(other, { draft: draft() });
  const [first] = started;
  if (first?.status === 'fulfilled') await cancelBacktest(many, first.value.id);
  expect(await startBacktest(many, { draft: draft() })).toHaveProperty('id');
  await cancelBacktest(other, id);
  await db.backtest.updateMany({ where: { actorId: many.id }, data: { state: 'cancelled' } });
});
