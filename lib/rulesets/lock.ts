import type { Tx } from '#lib/db';

/** An arbitrary number that only publishers lock. */
const PUBLISH_LOCK = 5_709_110_417;

/** Until the transaction ends, nobody else can number a snapshot. May be called twice in one transaction. */
export async function lockPublishing(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${PUBLISH_LOCK}::bigint)`;
}

/** The same without waiting: false while somebody else publishes. */
export async function tryLockPublishing(tx: Tx): Promise<boolean> {
  const [lock] = await tx.$queryRaw<{ taken: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(${PUBLISH_LOCK}::bigint) AS taken`;
  return lock?.taken === true;
}
