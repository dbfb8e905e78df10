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

const breakersSchema = openBreakerSchema.pick({ ruleId: true }).loose().array();

/** Everything that serves, silent or not, and the database's time. */
export async function fleetMembers(client: Tx | typeof db): Promise<{ members: Member[]; now: Date }> {
  const rows = await client.$queryRaw<(Omit<Member, 'demoted'> & { breakers: unknown; now: Date })[]>`
    SELECT i.id, i.kind, i.labels, i.active_seq AS "activeSeq", i.active_sha256 AS "activeSha256",
      i.clock_skew_ms AS "clockSkewMs", i.breakers, ${IS_FRESH} AS "isFresh", clock_timestamp() AS now
    FROM instance i WHERE ${SERVES} ORDER BY i.id`;
  const members = rows.map(({ breakers, now: _, ...row }) => ({
    ...row,
    demoted: new Set((breakersSchema.safeParse(breakers).data ?? []).map(({ ruleId }) => ruleId)),
  }));
  return { members, now: rows[0]?.now ?? new Date() };
}
