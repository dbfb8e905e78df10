import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { log } from '#lib/log';
import { scanSecrets } from '#lib/secrets/scan';
import { reviewSettings } from '#lib/settings/queries';
import { type Arrival, arrivalOf, type FlaggedRow, readFlagged } from './arrivals.ts';
import { assignClusters } from './assign.ts';
import { decideArrivals } from './automation.ts';
import { setVariants } from './variants.ts';

/** A task that failed so often is set aside: it stays in the table, and the log has its id. */
export const MAX_ATTEMPTS = 5;

export type Analysed = {
  /** Tasks taken; fewer than asked for means that nothing waits. */
  taken: number;
  clusterIds: string[];
  decided: number;
};

/** The first tasks of a batch that could not be stored; with a batch of one it names the row that is to blame. */
export class AnalysisFailed extends Error {
  readonly interactionIds: string[];
  constructor(interactionIds: string[], cause: unknown) {
    super('The analysis of a batch failed', { cause });
    this.interactionIds = interactionIds;
  }
}

/**
 * Takes the next waiting interactions, finds their secrets, puts the flagged ones into clusters and decides what a
 * standing decision covers: one transaction, so a batch that is cut off waits as it was. Any number of callers may run; each takes
 * others' leavings. A row whose text cannot be analysed is counted and left, and its neighbours go on.
 * no authorize: only the worker calls it, with the system's hand.
 */
export async function analyseNext(actor: Actor, limit: number): Promise<Analysed> {
  let ids: string[] = [];
  try {
    return await db.$transaction(
      async (tx) => {
        ids = await takeTasks(tx, limit);
        if (ids.length === 0) return { taken: 0, clusterIds: [], decided: 0 };
        const { threshold, arrivals, failed } = await shapesOf(tx, ids);
        await countFailures(tx, failed);
        const done = ids.filter((id) => !failed.includes(id));
        // Before any lock that others wait for: this is the slow half.
        await scanSecrets(tx, done);
        const assigned = await assignClusters(tx, arrivals, threshold);
        await tx.$executeRaw`DELETE FROM analysis_task WHERE interaction_id = ANY(${done}::uuid[])`;
        await setVariants(
          tx,
          assigned.members.map(({ interactionId }) => interactionId),
        );
        const decided = await decideArrivals(tx, actor, assigned.members);
        if (assigned.members.length > 0) {
          await recordEvent(tx, actor, {
            action: 'clusters.assign',
            subject: { type: 'clusters', id: 'analysis' },
            data: {
              members: assigned.members.length,
              shapes: assigned.shapes,
              started: assigned.newClusters.length,
              clusters: assigned.clusterIds.length,
            },
          });
        }
        return { taken: ids.length, clusterIds: assigned.clusterIds, decided };
      },
      { timeout: 60_000 },
    );
  } catch (error) {
    throw new AnalysisFailed(ids, error);
  }
}

/** Counts a failed attempt at these tasks; those that reached the bound are set aside and named in the log. */
export async function countFailures(tx: Tx, interactionIds: string[]): Promise<void> {
  if (interactionIds.length === 0) return;
  const rows = await tx.$queryRaw<{ id: string; attempts: number }[]>`
    UPDATE analysis_task SET attempts = attempts + 1 WHERE interaction_id = ANY(${interactionIds}::uuid[])
    RETURNING interaction_id AS id, attempts`;
  const aside = rows.filter(({ attempts }) => attempts >= MAX_ATTEMPTS).map(({ id }) => id);
  if (aside.length > 0) log('error', 'the analysis of interactions was given up', { interactionIds: aside });
}

async function takeTasks(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT interaction_id AS id FROM analysis_task WHERE attempts < ${MAX_ATTEMPTS}
    ORDER BY interaction_id LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
  return rows.map(({ id }) => id);
}

async function shapesOf(tx: Tx, ids: string[]) {
  const { clusterThreshold: threshold } = await reviewSettings(tx);
  const rows = await readFlagged(tx, ids);
  const arrivals: Arrival[] = [];
  const failed: string[] = [];
  for (const row of rows) {
    const arrival = tryShape(row);
    if (arrival) arrivals.push(arrival);
    else failed.push(row.id);
  }
  return { threshold, arrivals, failed };
}

// Flagged text is hostile; one that breaks the tokeniser must not keep its neighbours waiting.
function tryShape(row: FlaggedRow): Arrival | null {
  try {
    return arrivalOf(row);
  } catch (error) {
    // The error's kind only: its message might quote the text.
    log('warn', 'a text could not be analysed', {
      interactionId: row.id,
      error: error instanceof Error ? error.name : 'unknown',
    });
    return null;
  }
}
