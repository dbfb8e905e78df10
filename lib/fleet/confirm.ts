import type { EventInput } from '#lib/audit/record';
import type { Tx } from '#lib/db';
import { measureAdoption } from './adoption.ts';
import { enforcementIn, unjudgedWords } from './enforcement.ts';
import { hasActive } from './enforcing.ts';
import { rulesetDigests } from './held-rules.ts';
import { IS_FRESH, SERVES } from './members.ts';

/** Rulesets looked back upon, and how long: a burst of publishes may be overtaken before everybody had each of them. */
const LOOK_BACK = 50;
const LOOK_BACK_MS = 600_000;
/** A confirmation of a superseded ruleset comes within this, or never: instances report a change at once. */
const SETTLED_AFTER_MS = 15_000;

type Open = { seq: number; cause: string; next: number | null; isOld: boolean };
type Fresh = { activeSeq: number; activeSha256: string | null };

/**
 * The events of every ruleset of which there is something to say now and nothing was said yet; `upTo` is the highest
 * ruleset up to which nothing is left then, 0 when nobody is connected.
 */
export async function unsaidOfRulesets(tx: Tx): Promise<{ events: EventInput[]; upTo: number }> {
  const fresh = await tx.$queryRaw<Fresh[]>`
    SELECT i.active_seq AS "activeSeq", i.active_sha256 AS "activeSha256" FROM instance i
    WHERE ${SERVES} AND ${IS_FRESH}`;
  if (fresh.length === 0) return { events: [], upTo: 0 };
  const events: EventInput[] = [];
  let lowestLeft: number | null = null;
  for (const ruleset of await openRulesets(tx)) {
    const said = await saying(tx, ruleset, fresh);
    if (said) events.push(...said);
    else lowestLeft ??= ruleset.seq;
  }
  if (lowestLeft !== null) return { events, upTo: lowestLeft - 1 };
  const [newest] = await tx.$queryRaw<{ seq: number | null }[]>`SELECT max(seq) AS seq FROM ruleset`;
  return { events, upTo: newest?.seq ?? 0 };
}

/** Those of which nothing is recorded yet, the oldest first. */
function openRulesets(tx: Tx): Promise<Open[]> {
  return tx.$queryRaw<Open[]>`
    SELECT r.seq, r.cause, next.seq AS next,
      coalesce(next.published_at < clock_timestamp() - ${SETTLED_AFTER_MS} * interval '1 millisecond', false) AS "isOld"
    FROM (SELECT seq, cause, published_at FROM ruleset ORDER BY seq DESC LIMIT ${LOOK_BACK}) AS r
    LEFT JOIN LATERAL (SELECT n.seq, n.published_at FROM ruleset n WHERE n.seq > r.seq ORDER BY n.seq LIMIT 1) AS next ON true
    WHERE (next.seq IS NULL OR r.published_at > clock_timestamp() - ${LOOK_BACK_MS} * interval '1 millisecond')
      AND NOT EXISTS (SELECT 1 FROM event e WHERE e.subject_type = 'ruleset' AND e.subject_id = r.seq::text
                      AND e.action IN ('fleet.enforced', 'fleet.superseded'))
    ORDER BY r.seq`;
}

/** What there is to say of a ruleset, an event for each incident; null while it is too early. */
async function saying(tx: Tx, ruleset: Open, fresh: Fresh[]): Promise<EventInput[] | null> {
  const { seq, cause, next, isOld } = ruleset;
  const sha256 = (await rulesetDigests([seq], tx)).get(seq) ?? '';
  const isEverywhere = fresh.every((member) => hasActive(member, seq, sha256));
  // One that has it, or an earlier one, may yet confirm it.
  const isOver = next !== null && (isOld || fresh.every(({ activeSeq }) => activeSeq > seq));
  if (!isEverywhere && !isOver) return null;
  const adoption = await measureAdoption(tx, seq);
  if (!adoption || adoption.instances === 0) return [];
  const { active, instances, gone, failed, measured, p50Ms, p99Ms, lastActiveMs } = adoption;
  const rules = await rulesOf(tx, seq);
  const incidents = [...new Set(rules.map(({ incidentId }) => incidentId))].sort();
  return (incidents.length > 0 ? incidents : [null]).map((incidentId) => {
    const acting = rules
      .filter((rule) => rule.incidentId === incidentId && rule.acts !== null)
      .map(({ ref, acts }) => ({ ref, ...acts }));
    return {
      action: isOver ? 'fleet.superseded' : 'fleet.enforced',
      subject: { type: 'ruleset', id: String(seq) },
      incidentId,
      data: {
        seq,
        cause,
        ...(isOver && { by: next }),
        active,
        instances,
        silent: gone,
        failed: failed.length,
        measured,
        p50Ms: round(p50Ms),
        p99Ms: round(p99Ms),
        lastActiveMs: round(lastActiveMs),
        ...(!isOver && acting.length > 0 && { rules: acting }),
      },
    };
  });
}

const round = (ms: number | null) => (ms === null ? null : Math.round(ms));

/** Rules that this ruleset brought, took a stage further or ended, and where those that it left live act now. */
async function rulesOf(tx: Tx, seq: number) {
  const rows = await tx.mitigation.findMany({
    where: { OR: [{ publishedSeq: seq }, { stageSeq: seq }, { endedSeq: seq }] },
    orderBy: { number: 'asc' },
    select: { id: true, number: true, incidentId: true, state: true, stageSeq: true },
  });
  const live = rows.filter(({ state, stageSeq }) => state === 'live' && stageSeq === seq);
  const enforcement = await enforcementIn(
    tx,
    live.map(({ id }) => id),
  );
  return rows.map(({ id, number, incidentId }) => {
    const now = enforcement[id];
    const unjudged = now && unjudgedWords(now);
    const acts = now && {
      stage: now.stage,
      enforcing: now.enforcing,
      instances: now.meant,
      ...(unjudged && { unjudged, unjudgedOn: now.standings.unable }),
    };
    return { ref: `R-${number}`, incidentId, acts: acts ?? null };
  });
}
