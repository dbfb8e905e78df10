import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { authorize } from '#lib/permissions';
import { measureAdoption } from './adoption.ts';
import { FORGET_AFTER_MS, GONE_AFTER_MS } from './schema.ts';
import { type ReceivedReport, tally } from './tally.ts';
import { writeActive, writeFailed, writeHits, writeInstances, writeOffers } from './write.ts';
import { writeBreakers } from './write-breakers.ts';
import { writeCoverage, writeFirstHits, writeMinutes, writeStreams } from './write-counters.ts';

export type Offer = { instanceId: string; seq: number; at: Date };

/**
 * Takes a batch of reports and offers in one transaction. An event is kept for what changes the picture (an
 * instance seen for the first time, a ruleset one could not load, a rule one demoted by itself), not for heartbeats.
 * Counters are at-least-once: an instance whose answer got lost sends the same counts again.
 */
export async function recordReports(
  actor: Actor,
  reports: ReceivedReport[],
  offers: Offer[] = [],
): Promise<void> {
  authorize(actor, 'fleet.report');
  await db.$transaction(async (tx) => {
    const newest = reports.some(({ report }) => report.state === 'failed')
      ? await tx.ruleset.aggregate({ _max: { seq: true } })
      : null;
    const found = tally(reports, newest?._max.seq ?? 0);
    await writeOffers(tx, offers);
    const written = await writeInstances(tx, found.instances);
    const joined = written.filter((row) => row.joined).map((row) => row.id);
    const byId = new Map(found.instances.map((received) => [received.report.instanceId, received.report]));
    // A report older than the stored word says nothing of what is open now.
    const news = new Set(written.map((row) => row.id));
    const breakers = await writeBreakers(
      tx,
      found.instances.filter(({ report }) => news.has(report.instanceId)),
    );
    await writeActive(tx, found.active);
    const failures = await writeFailed(tx, found.failed);
    await writeHits(tx, found.hits);
    await writeFirstHits(tx, found.firstHits);
    await writeStreams(tx, found.streams);
    await writeCoverage(tx, found.coverage);
    const events: NewEvent[] = joined.map((id) => {
      const { labels = {}, sdkVersion = '', activeSeq = 0 } = byId.get(id) ?? {};
      const data = { labels, sdkVersion, activeSeq };
      return { action: 'fleet.join', subject: { type: 'instance', id }, data };
    });
    for (const { instanceId, seq, reason } of failures) {
      const data = { seq, reason, activeSeq: byId.get(instanceId)?.activeSeq ?? 0 };
      const subject = { type: 'instance', id: instanceId };
      for (const incidentId of await incidentsOf(tx, seq)) {
        events.push({ action: 'fleet.fail', subject, incidentId, data });
      }
    }
    for (const { instanceId, incidentId, ...data } of breakers) {
      events.push({
        action: 'fleet.breaker',
        subject: { type: 'instance', id: instanceId },
        incidentId,
        data,
      });
    }
    // Writing into an incident's history locks it: two feeds must take the same incidents in the same order.
    events.sort((a, b) => compare(a.incidentId ?? '', b.incidentId ?? ''));
    for (const event of events) await recordEvent(tx, actor, event);
    await writeMinutes(tx, found.hitMinutes, found.decisionMinutes);
  });
}

type NewEvent = Parameters<typeof recordEvent>[2];
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Rulesets looked back upon: a burst of publishes may be overtaken before everybody had each of them. */
const LOOK_BACK = 50;

/**
 * Records, once per ruleset, that every connected instance enforces it (or a later one). Answers the highest
 * ruleset that all enforce, 0 when nobody is connected.
 */
export async function confirmEnforced(actor: Actor): Promise<number> {
  authorize(actor, 'fleet.report');
  return db.$transaction(async (tx) => {
    // Two feeds may see the last confirmation at once; only one of them may write the event.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('fleet.enforced'))`;
    const [fleet] = await tx.$queryRaw<{ lowest: number | null }[]>`
      SELECT min(CASE WHEN active_seq <= (SELECT max(seq) FROM ruleset) THEN active_seq ELSE 0 END) AS lowest
      FROM instance
      WHERE last_seen_at > clock_timestamp() - ${GONE_AFTER_MS} * interval '1 millisecond'`;
    const lowest = fleet?.lowest ?? 0;
    const reached = await tx.$queryRaw<{ seq: number; cause: string }[]>`
      SELECT seq, cause FROM ruleset r
      WHERE seq <= ${lowest} AND seq > (SELECT max(seq) FROM ruleset) - ${LOOK_BACK}
        AND (seq = (SELECT max(seq) FROM ruleset)
             OR published_at > clock_timestamp() - ${FORGET_AFTER_MS} * interval '1 millisecond')
        AND NOT EXISTS (SELECT 1 FROM event e WHERE e.subject_type = 'ruleset' AND e.subject_id = r.seq::text
                        AND e.action = 'fleet.enforced')
      ORDER BY seq`;
    for (const { seq, cause } of reached) {
      const adoption = await measureAdoption(tx, seq);
      if (!adoption) continue;
      const { instances, p50Ms, p99Ms, lastActiveMs } = adoption;
      for (const incidentId of await incidentsOf(tx, seq)) {
        await recordEvent(tx, actor, {
          action: 'fleet.enforced',
          subject: { type: 'ruleset', id: String(seq) },
          incidentId,
          data: {
            seq,
            cause,
            instances,
            p50Ms: round(p50Ms),
            p99Ms: round(p99Ms),
            lastActiveMs: round(lastActiveMs),
          },
        });
      }
    }
    return lowest;
  });
}

const round = (ms: number | null) => (ms === null ? null : Math.round(ms));

/** Incidents whose rules this ruleset brought or ended; `[null]` when none, as for a renewal. */
async function incidentsOf(tx: Tx, seq: number): Promise<(string | null)[]> {
  const rows = await tx.mitigation.findMany({
    where: { OR: [{ publishedSeq: seq }, { endedSeq: seq }] },
    distinct: ['incidentId'],
    orderBy: { incidentId: 'asc' },
    select: { incidentId: true },
  });
  return rows.length > 0 ? rows.map((row) => row.incidentId) : [null];
}
