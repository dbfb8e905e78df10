import { type db, Prisma, type Tx } from '#lib/db';
import { openBreakerSchema } from '#sdk/report';
import type { Member } from './enforcing.ts';
import { GONE_AFTER_MS } from './schema.ts';

// Which rows of `instance` (as `i`) count: the same in every figure, so that no two pages have different denominators.

/** Belongs to the fleet: neither said goodbye nor was retired by a person. One that fell silent stays. */
export const IN_FLEET = Prisma.sql`(i.closed_at IS NULL AND i.retired_at IS NULL)`;
/** Of those, what serves: a relay passes rulesets on and enforces nothing. */
export const SERVES = Prisma.sql`(i.kind <> 'relay' AND ${IN_FLEET})`;
/** Its last word still holds. */
export const IS_FRESH = Prisma.sql`(i.last_seen_at > clock_timestamp() - ${GONE_AFTER_MS} * interval '1 millisecond')`;

/** Milliseconds between its first and its last report before a name counts that no stream was ever opened for. */
const KNOWN_AFTER_MS = 5_000;
/**
 * More than one word was heard of it, or a feed has sent it rulesets: a name that reported once and never came again is
 * no evidence for or against a rollout.
 */
export const IS_ESTABLISHED = Prisma.sql`(i.last_seen_at > i.first_seen_at + ${KNOWN_AFTER_MS} * interval '1 millisecond'
  OR EXISTS (SELECT 1 FROM adoption seen WHERE seen.instance_id = i.id AND seen.offered_at IS NOT NULL
    AND seen.seq > (SELECT max(seq) - 100 FROM ruleset)))`;

/**
 * It has no ruleset yet because none that came is known to be the newest: it enforces nothing, and says nothing of any rule.
 * The cause lies on the way to it, and no rollout waits for that.
 */
export const IS_NEWCOMER = Prisma.sql`(i.active_seq = 0 AND i.failure IS NOT DISTINCT FROM 'freshness')`;

const breakersSchema = openBreakerSchema.pick({ ruleId: true }).loose().array();

/** Everything that serves, silent or not, and the database's time. */
export async function fleetMembers(client: Tx | typeof db): Promise<{ members: Member[]; now: Date }> {
  const rows = await client.$queryRaw<(Omit<Member, 'demoted'> & { breakers: unknown; now: Date })[]>`
    SELECT i.id, i.name, i.kind, i.labels, i.active_seq AS "activeSeq", i.active_sha256 AS "activeSha256",
      i.clock_skew_ms AS "clockSkewMs", i.breakers, ${IS_FRESH} AS "isFresh", clock_timestamp() AS now
    FROM instance i WHERE ${SERVES} ORDER BY i.id`;
  const members = rows.map(({ breakers, now: _, ...row }) => ({
    ...row,
    demoted: new Set((breakersSchema.safeParse(breakers).data ?? []).map(({ ruleId }) => ruleId)),
  }));
  return { members, now: rows[0]?.now ?? new Date() };
}
