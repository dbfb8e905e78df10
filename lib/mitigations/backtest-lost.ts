import type { Tx } from '#lib/db';

// Apart from what runs back-tests, so that web, which only starts and reads them, does not carry their threads.

/** A run that has been silent for so long was lost with its process. */
export const LOST_AFTER_MS = 10_000;

const LOST = 'The process that ran it ended. Nothing was changed; start it again.';

/** Runs that stand still, of this id or any, are told so. A run has begun once it knows a total. */
export async function markLost(client: Tx, id: string | null = null): Promise<void> {
  await client.$executeRaw`
    UPDATE backtest SET state = 'failed', problem = ${LOST}, finished_at = clock_timestamp()
    WHERE state = 'running' AND total IS NOT NULL AND (${id}::uuid IS NULL OR id = ${id}::uuid)
      AND beat_at < clock_timestamp() - ${LOST_AFTER_MS} * interval '1 millisecond'`;
}
