import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '#bin/testing/run';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { declareIncident } from '#lib/incidents/mutations';
import { approveMitigation, draftMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { flagged, person } from '#tests/fixtures';
import { startWorker } from './main.ts';

const newest = () => db.ruleset.findFirst({ orderBy: { seq: 'desc' } });
const unordered = () => db.event.count({ where: { leaf: null } });

test('publishes the first ruleset, orders events, ends a rule at its time, and survives lost connections', async () => {
  let readyCount = 0;
  const worker = startWorker({ onReady: () => (readyCount += 1) });
  onTestFinished(() => worker.stop());
  await until(async () => readyCount === 1 && (await newest())?.cause === 'first', 'the first ruleset');

  // Every connection of this process is cut, as by a restart of Postgres.
  await db.$queryRaw`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;

  const commander = await person('commander');
  const { ref } = await declareIncident(commander, {
    title: 'Rule that ends',
    severity: 'sev2',
    interactionIds: [await flagged()],
  });
  const rule = await draftMitigation(commander, {
    incident: ref,
    title: 'Ends soon',
    scope: {},
    matcher: { kind: 'literal', text: 'SELECT * FROM users', ignoreCase: false },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: 60,
  });
  await approveMitigation(await person('commander'), { mitigation: rule.id });
  await publishMitigation(commander, { mitigation: rule.id });
  const expiresAt = new Date(Date.now() + 1_500);
  await db.mitigation.update({ where: { id: rule.id }, data: { expiresAt } });

  await until(
    async () => (await newest())?.cause.startsWith('expire') === true,
    'the end of the rule',
    25_000,
  );
  const ended = await db.mitigation.findUniqueOrThrow({ where: { id: rule.id } });
  expect(ended.state).toBe('expired');
  expect(ended.endedAt?.getTime()).toBeGreaterThanOrEqual(expiresAt.getTime());
  expect((await newest())?.rules).toBe(0);
  expect(
    await db.event.count({ where: { action: 'mitigation.expire', subjectId: rule.id, actorKind: 'system' } }),
  ).toBe(1);
  await until(async () => (await unordered()) === 0, 'the order of all events');
});

test('a connection that breaks while a job is being marked as done ends no worker', async () => {
  let isReady = false;
  const worker = startWorker({ onReady: () => (isReady = true) });
  onTestFinished(() => worker.stop());
  await until(async () => isReady, 'a worker');
  const [table, row] = await Promise.all([connected(), connected()]);

  // The job waits for its table; when it goes on, it is done, and marking it so waits for its row.
  await table.query('BEGIN');
  await table.query('LOCK TABLE sign_in_throttle');
  await db.$executeRaw`SELECT graphile_worker.add_job('forget_throttles')`;
  await until(async () => (await jobs('locked_at IS NOT NULL')) > 0, 'the job to begin');
  await row.query('BEGIN');
  await row.query('SELECT id FROM graphile_worker._private_jobs FOR UPDATE');
  await table.query('COMMIT');
  await until(async () => (await marking()) > 0, 'the job to be marked as done');
  await row.query('ROLLBACK');
  // That one stays locked, for four hours at most; what comes next is done.
  await db.$executeRaw`SELECT graphile_worker.add_job('forget_throttles')`;
  await until(
    async () => (await jobs('locked_at IS NULL')) === 0 && (await jobs('true')) === 1,
    'the next job',
  );
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client(env().DATABASE_URL);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function jobs(where: string): Promise<number> {
  const [{ count } = { count: 0 }] = await db.$queryRawUnsafe<{ count: number }[]>(`
    SELECT count(*)::int FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    WHERE task.identifier = 'forget_throttles' AND ${where}`);
  return count;
}

/** Cuts the connections that mark a job as done, and answers how many there were. */
async function marking(): Promise<number> {
  const cut = await db.$queryRaw<unknown[]>`
    SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE '%delete from%_private_jobs%'`;
  return cut.length;
}
