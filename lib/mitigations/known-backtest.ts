import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';
import { latestBacktest } from './backtest.ts';

/** The newest finished back-test of this version of a rule, for pages; null when it was never tried. */
export async function knownBacktest(actor: Actor, mitigationId: string, version: number) {
  authorize(actor, 'mitigation.read');
  return latestBacktest(db, mitigationId, version);
}
