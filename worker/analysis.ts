import { systemActor } from '#lib/actor';
import { AnalysisFailed, analyseNext, countFailures } from '#lib/clusters/analysis';
import { renewShapes } from '#lib/clusters/renew';
import { type Counted, findStale, refreshStats } from '#lib/clusters/stats';
import { FIRST_ID, fillVariants } from '#lib/clusters/variants';
import { db } from '#lib/db';
import { errorFields, log } from '#lib/log';
import { sleep } from './leader.ts';

const BATCH = 200;
const IDLE_MS = 500;
const TROUBLE_MS = 1_000;
/** What outcomes and passing time changed; new members are counted right after their batch. */
const SWEEP_MS = 15_000;

/**
 * Analyses new interactions until stopped, within seconds of their arrival. Every worker process runs it: the tasks
 * are shared out row by row. A batch that fails is tried again in halves, down to the one row that is to blame.
 */
export async function runAnalysis(stopped: AbortSignal): Promise<void> {
  const actor = systemActor('analysis');
  const counted: Counted = new Map();
  let waiting: string[] = [];
  let batch = BATCH;
  let renewing = false;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let unfilled: string | null = FIRST_ID;
  while (!stopped.aborted) {
    let waitMs = 0;
    try {
      const { taken, clusterIds } = await analyseNext(actor, batch);
      const sweeping = performance.now() - sweptAt >= SWEEP_MS;
      const stale = sweeping ? await findStale() : [];
      if (sweeping) sweptAt = performance.now();
      ({ waiting } = await refreshStats([...waiting, ...clusterIds, ...stale], counted));
      if (taken < batch) {
        // Members of before there were variants, once, when nothing newer waits.
        if (unfilled !== null) unfilled = await fillVariants(unfilled);
        renewing = (renewing || sweeping) && (await renewShapes(BATCH)) > 0;
        if (!renewing) waitMs = IDLE_MS;
      }
      batch = Math.min(BATCH, batch * 2);
    } catch (error) {
      waitMs = TROUBLE_MS;
      if (error instanceof AnalysisFailed) {
        // The search for the row to blame keeps nobody waiting; a database that is away is not asked at once again.
        if (isOfTheRow(error.cause)) waitMs = 0;
        if (batch === 1 && waitMs === 0) await blame(error.interactionIds);
        batch = Math.max(1, Math.floor(batch / 2));
        // Not the cause's message: the database quotes values in it.
        log('warn', 'a batch was not analysed, trying fewer', { batch, state: sqlState(error.cause) });
      } else log('warn', 'counting clusters failed, trying again', errorFields(error));
    }
    await sleep(waitMs, stopped);
  }
}

async function blame(interactionIds: string[]): Promise<void> {
  await countFailures(db, interactionIds).catch(() => undefined);
}

/** SQLSTATE classes that say something of the data; a lost connection, a full disk or a deadlock is nobody's fault. */
function isOfTheRow(cause: unknown): boolean {
  const state = sqlState(cause);
  return state === null
    ? cause instanceof TypeError || cause instanceof RangeError
    : /^(22|23|54)/.test(state);
}

/** The five characters of a Postgres error, wherever the adapter put them. */
export function sqlState(error: unknown): string | null {
  const seen = new Set<unknown>();
  const search = (value: unknown): string | null => {
    if (typeof value !== 'object' || value === null || seen.has(value) || seen.size > 20) return null;
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      if (
        (key === 'originalCode' || key === 'code') &&
        typeof inner === 'string' &&
        /^[0-9A-Z]{5}$/.test(inner)
      ) {
        if (!/^P2\d{3}$/.test(inner)) return inner;
      }
    }
    for (const inner of [...Object.values(value), (value as { cause?: unknown }).cause]) {
      const found = search(inner);
      if (found) return found;
    }
    return null;
  };
  return search(error);
}
