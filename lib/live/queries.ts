import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { GONE_AFTER_MS } from '#lib/fleet/schema';
import { authorize } from '#lib/permissions';
import { COUNTED } from '#lib/reviews/queries';
import type { Live } from './schema.ts';

/** An instance that has been silent this long is no longer counted as connected. */
const CONNECTED_SECONDS = GONE_AFTER_MS / 1_000;

type Row = {
  open_incidents: number;
  live_rules: number;
  active: number;
  connected: number;
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
  const pending = await pendingUpTo(COUNTED + 1);
  const [row] = await db.$queryRaw<Row[]>`
    WITH connected AS (
      SELECT id, active_seq, state, breakers FROM instance
      WHERE last_seen_at > now() - make_interval(secs => ${CONNECTED_SECONDS})
    ), newest AS (SELECT max(seq) AS seq FROM ruleset)
    SELECT
      (SELECT count(*)::int FROM incident WHERE state NOT IN ('closed', 'dismissed', 'merged')) AS open_incidents,
      (SELECT count(*)::int FROM mitigation WHERE state = 'live') AS live_rules,
      (SELECT count(*)::int FROM connected, newest WHERE active_seq = newest.seq) AS active,
      (SELECT count(*)::int FROM connected) AS connected,
      (SELECT max(id) FROM event) AS last_event,
      (SELECT max(received_at) FROM queue_item) AS last_item,
      (SELECT seq FROM newest) AS seq,
      (SELECT md5(string_agg(id || active_seq || state || breakers, ',' ORDER BY id)) FROM connected) AS fleet`;
  if (!row) throw new Error('the live query answered no row');
  const lastEvent = String(row.last_event ?? 0);
  return {
    pending: Math.min(pending, COUNTED),
    pendingCapped: pending > COUNTED,
    openIncidents: row.open_incidents,
    liveRules: row.live_rules,
    instances: { active: row.active, connected: row.connected },
    stamps: {
      events: lastEvent,
      // Every claim and decision is an event; an arrival moves the newest item.
      queue: `${lastEvent}:${row.last_item?.getTime() ?? 0}`,
      fleet: `${row.seq}:${row.fleet}:${row.active}`,
    },
  };
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
