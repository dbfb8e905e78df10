import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { UNMET } from '#lib/fleet/expectations';
import { rulesetDigests } from '#lib/fleet/held-rules';
import { IS_FRESH, SERVES } from '#lib/fleet/members';
import { authorize } from '#lib/permissions';
import { COUNTED } from '#lib/reviews/queries';
import type { Live } from './schema.ts';

type Row = {
  open_incidents: number;
  live_rules: number;
  active: number;
  serving: number;
  unmet: number;
  last_event: bigint | null;
  last_item: Date | null;
  seq: number | null;
  fleet: string | null;
};

/**
 * Counts and change stamps; asked once a second by every open page, so nothing here may grow with the queue: pending
 * items are counted up to COUNTED and no further.
 */
export async function getLive(actor: Actor): Promise<Live> {
  authorize(actor, 'incident.read');
  const [pending, sha256] = await Promise.all([pendingUpTo(COUNTED + 1), newestDigest()]);
  const [row] = await db.$queryRaw<Row[]>`
    WITH serving AS (
      SELECT i.id, i.active_seq, i.active_sha256, i.state, i.breakers, i.alarms, ${IS_FRESH} AS fresh FROM instance i WHERE ${SERVES}
    ), newest AS (SELECT max(seq) AS seq FROM ruleset)
    SELECT
      (SELECT count(*)::int FROM incident WHERE state NOT IN ('closed', 'dismissed', 'merged')) AS open_incidents,
      (SELECT count(*)::int FROM mitigation WHERE state = 'live') AS live_rules,
      (SELECT count(*)::int FROM serving, newest WHERE fresh AND active_seq = newest.seq
        AND (active_sha256 IS NULL OR active_sha256 = ${sha256})) AS active,
      (SELECT count(*)::int FROM serving) AS serving,
      ${UNMET} AS unmet,
      (SELECT max(id) FROM event) AS last_event,
      (SELECT max(received_at) FROM queue_item) AS last_item,
      (SELECT seq FROM newest) AS seq,
      (SELECT md5(string_agg(id || active_seq || state || breakers || alarms || fresh, ',' ORDER BY id)) FROM serving) AS fleet`;
  if (!row) throw new Error('the live query answered no row');
  const lastEvent = String(row.last_event ?? 0);
  return {
    pending: Math.min(pending, COUNTED),
    pendingCapped: pending > COUNTED,
    openIncidents: row.open_incidents,
    liveRules: row.live_rules,
    instances: { active: row.active, serving: row.serving, unmet: row.unmet },
    stamps: {
      events: lastEvent,
      // Every claim and decision is an event; an arrival moves the newest item.
      queue: `${lastEvent}:${row.last_item?.getTime() ?? 0}`,
      fleet: `${row.seq}:${row.fleet}:${row.active}:${row.unmet}`,
    },
  };
}

/** Read once per ruleset and process. */
async function newestDigest(): Promise<string> {
  const newest = await db.ruleset.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
  return newest ? ((await rulesetDigests([newest.seq])).get(newest.seq) ?? '') : '';
}

/** From so many on, a count is worth keeping for a moment: every open page asks for the same one. */
const KEPT_FROM = 1_000;
const KEPT_MS = 2_000;
let kept = { pending: 0, at: 0 };

/** Pending items up to `most`; exact, and at most two seconds old where there are a thousand or more. */
async function pendingUpTo(most: number): Promise<number> {
  if (kept.pending >= KEPT_FROM && Date.now() - kept.at < KEPT_MS) return kept.pending;
  // Ordered, so that it is read from the index: the table begins with what was decided long ago.
  const [row] = await db.$queryRaw<{ pending: number }[]>`
    SELECT count(*)::int AS pending FROM (SELECT 1 FROM queue_item WHERE state = 'pending'
      ORDER BY stage, due_at, interaction_id LIMIT ${most}) AS first`;
  kept = { pending: row?.pending ?? 0, at: Date.now() };
  return kept.pending;
}
