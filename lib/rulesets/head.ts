import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { log } from '#lib/log';
import { authorize } from '#lib/permissions';
import { type Head, headPayload, headText } from '#sdk/head';
import { CLOCK_SKEW_MS } from '#sdk/report';
import { tryLockPublishing } from './lock.ts';
import { keyId, sign } from './signing.ts';

// Which ruleset is the newest, signed (sdk/src/head.ts). One row, replaced as time goes: no event, for it changes nothing
// that anybody decided.

/** How often the worker signs anew. */
export const HEAD_EVERY_MS = 30_000;
/** From this age on a feed signs it, as no worker does. */
export const HEAD_STANDBY_MS = 90_000;

/**
 * For who holds the publishers' lock: signs that this ruleset is the newest now. Answers whether it was: nothing is signed
 * for a future, in which whoever kept the head could go on giving out this ruleset when it has long been replaced.
 */
export async function writeHead(tx: Tx, newest: Head): Promise<boolean> {
  const aheadMs = newest.at.getTime() - Date.now();
  if (aheadMs > CLOCK_SKEW_MS) {
    const databaseAheadS = Math.round(aheadMs / 1_000);
    log('error', "no head is signed: the database's clock is ahead of this machine's; set them right", {
      databaseAheadS,
    });
    return false;
  }
  const head = headText(newest, sign(headPayload(newest)));
  await tx.$executeRaw`
    INSERT INTO ruleset_head (seq, at, head) VALUES (${newest.seq}, ${newest.at}, ${head})
    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, at = excluded.at, head = excluded.head`;
  return true;
}

type Newest = { seq: number; sha256: string; keyId: string; at: Date; isDue: boolean };

/**
 * Signs anew which ruleset is the newest, if that was done more than `olderThanMs` ago. Answers whether it was. Any number
 * of processes may try at once: while somebody publishes it is left to them, and a database that takes no writes, such
 * as a replica that may be behind, gets no head.
 */
export async function signHead(actor: Actor, { olderThanMs = HEAD_EVERY_MS / 2 } = {}): Promise<boolean> {
  authorize(actor, 'mitigation.publish');
  return db.$transaction(async (tx) => {
    if (!(await tryLockPublishing(tx))) return false;
    // Of a number that was restored, or of a clock that was set back, the row may tell the future.
    const [newest] = await tx.$queryRaw<Newest[]>`
      SELECT r.seq, encode(sha256(convert_to(r.payload, 'UTF8')), 'hex') AS sha256, r.key_id AS "keyId",
             date_trunc('milliseconds', statement_timestamp()) AS at,
             h.at IS NULL OR h.seq <> r.seq
               OR h.at NOT BETWEEN statement_timestamp() - ${olderThanMs} * interval '1 millisecond'
                           AND statement_timestamp() AS "isDue"
      FROM (SELECT * FROM ruleset ORDER BY seq DESC LIMIT 1) r LEFT JOIN ruleset_head h ON true`;
    // Signed with a key that is no longer ours, it is published again in a moment.
    if (!newest?.isDue || newest.keyId !== keyId()) return false;
    if (!(await writeHead(tx, newest))) return false;
    await tx.$executeRaw`SELECT pg_notify('stopgap_ruleset', ${String(newest.seq)})`;
    return true;
  });
}
