import { db, type Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { errorFields, log } from '#lib/log';
import { markLost } from './backtest-lost.ts';
import { type Progress, runBacktest } from './backtest-run.ts';
import { backtestBodySchema } from './schema.ts';

/** At most so many run at once among all processes; a third waits for its turn. */
export const RUNNING_MAX = 2;
/** How often a run says how far it is, and hears that nobody wants it any more. */
const BEAT_MS = 200;
/** What nobody took within this time is not wanted any more. */
const STALE_QUEUE = '1 hour';
/** Runs of rules that were never written down are kept this long. */
const KEEP_DRAFTS = '1 day';
const CLAIM_LOCK = 5_709_110_421n;

type Claimed = { id: string; draft: unknown; incidentId: string | null; clusterId: string | null };

/** Takes the next that waits, unless enough run already; null for nothing to do. */
export async function claimBacktest(): Promise<Claimed | null> {
  return db.$transaction(async (tx) => {
    // One at a time, so that two processes cannot both see room for one more.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${CLAIM_LOCK})`;
    await markLost(tx);
    const rows = await tx.$queryRaw<Claimed[]>`
      UPDATE backtest SET total = 0, beat_at = clock_timestamp()
      WHERE id = (
        SELECT id FROM backtest
        WHERE state = 'running' AND total IS NULL AND started_at > now() - ${STALE_QUEUE}::interval
          AND (SELECT count(*) FROM backtest WHERE state = 'running' AND total IS NOT NULL) < ${RUNNING_MAX}
        ORDER BY started_at, id LIMIT 1)
      RETURNING id, draft, incident_id AS "incidentId", cluster_id AS "clusterId"`;
    return rows[0] ?? null;
  });
}

/** Whether anything waits: cheap enough to be asked several times a second. */
export async function hasWaiting(): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM backtest WHERE state = 'running' AND total IS NULL
      AND started_at > now() - ${STALE_QUEUE}::interval LIMIT 1`;
  return rows.length > 0;
}

/**
 * Runs what was claimed to its end, with its progress in the table; a cancelled one ends within a beat. Never throws
 * for the rule's sake: what went wrong is in the row. When `stopped` fires the run goes back to those that wait.
 */
export async function workOn(
  { id, draft, incidentId, clusterId }: Claimed,
  stopped: AbortSignal,
): Promise<void> {
  const dropped = new AbortController();
  let progress: Progress = { scanned: 0, total: 0 };
  let beating: Promise<void> = Promise.resolve();
  const beat = setInterval(() => {
    beating = beating.then(() => sayProgress(id, progress, dropped)).catch(() => undefined);
  }, BEAT_MS);
  try {
    const result = await runBacktest({
      draft: backtestBodySchema.parse(draft),
      incidentId,
      clusterId,
      signal: AbortSignal.any([stopped, dropped.signal]),
      onProgress: (next) => {
        progress = next;
      },
    });
    clearInterval(beat);
    await beating;
    const { total } = progress;
    await finish(id, {
      state: 'done',
      scanned: total,
      total,
      result: result as unknown as Prisma.InputJsonObject,
    });
  } catch (error) {
    clearInterval(beat);
    await beating;
    if (dropped.signal.aborted) return;
    if (stopped.aborted) {
      await db.backtest.updateMany({ where: { id, state: 'running' }, data: { total: null, scanned: 0 } });
      return;
    }
    if (!(error instanceof AppError))
      log('error', 'a back-test failed', { backtest: id, ...errorFields(error) });
    const problem =
      error instanceof AppError
        ? error.message
        : 'Something went wrong while it ran; the log of the worker says what.';
    await finish(id, { state: 'failed', problem });
  } finally {
    clearInterval(beat);
  }
  await db.$executeRaw`
    DELETE FROM backtest WHERE mitigation_id IS NULL AND started_at < now() - ${KEEP_DRAFTS}::interval`;
}

async function sayProgress(
  id: string,
  { scanned, total }: Progress,
  dropped: AbortController,
): Promise<void> {
  // By the database's clock, which is also the one that finds a run silent.
  const count = await db.$executeRaw`
    UPDATE backtest SET scanned = ${scanned}, total = ${total}, beat_at = clock_timestamp()
    WHERE id = ${id}::uuid AND state = 'running'`;
  if (count === 0) dropped.abort(new Error('cancelled'));
}

async function finish(id: string, data: Prisma.BacktestUpdateManyMutationInput): Promise<void> {
  await db.backtest.updateMany({
    where: { id, state: 'running' },
    data: { ...data, finishedAt: new Date() },
  });
}
