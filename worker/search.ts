import { db } from '#lib/db';
import { errorFields, log } from '#lib/log';
import { forgetErased, indexNext } from '#lib/search/build';
import { sleep } from './leader.ts';

/** Fewer new interactions than this are read as they are: the index gains nothing. */
const WORTH_IT = 4_096;
const EVERY_MS = 2_000;
/** However little the counter has moved: it is lost when Postgres crashes. */
const ANYWAY_MS = 10 * 60_000;
const TROUBLE_MS = 5_000;
/** Erasures come in batches, and one segment holds many of them. */
const FORGET_EVERY_MS = 15_000;

/**
 * Keeps the index of pieces near the newest interactions, and free of what was erased, until stopped. Arrivals do not
 * pay for it: it works beside them, and rests as long as it works. What is there before it starts is indexed first.
 */
export async function runSearchIndex(stopped: AbortSignal): Promise<void> {
  let seen = -1;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let forgotAt = Number.NEGATIVE_INFINITY;
  while (!stopped.aborted) {
    let waitMs = EVERY_MS;
    try {
      const now = performance.now();
      const inserted = await insertedSoFar();
      if (seen === -1 || Math.abs(inserted - seen) >= WORTH_IT || now - lookedAt >= ANYWAY_MS) {
        const { documents } = await indexNext(WORTH_IT);
        // A counter of the statistics lags behind: what came while this ran is counted from before it.
        if (documents === 0) seen = inserted;
        else waitMs = performance.now() - now;
        lookedAt = now;
      }
      if (now - forgotAt >= FORGET_EVERY_MS) {
        if (await forgetErased()) waitMs = performance.now() - now;
        else forgotAt = now;
      }
    } catch (error) {
      waitMs = TROUBLE_MS;
      log('warn', 'the search index was not brought up to date, trying again', errorFields(error));
    }
    await sleep(waitMs, stopped);
  }
}

async function insertedSoFar(): Promise<number> {
  const rows = await db.$queryRaw<{ count: number }[]>`
    SELECT n_tup_ins::float8 AS count FROM pg_stat_user_tables WHERE relid = 'interaction'::regclass`;
  return rows[0]?.count ?? 0;
}
