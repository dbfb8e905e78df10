import { db } from '#lib/db';
import { KEPT_HOURS } from './once.ts';

/** Forgets keys that are past their time; answers how many. */
export async function forgetKeys(): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency_key WHERE created_at < clock_timestamp() - ${KEPT_HOURS} * interval '1 hour'`;
}
