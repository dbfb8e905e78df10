import type { Report } from '#sdk/report';

/** A report and when the feed received it, on the database's clock. */
export type ReceivedReport = { at: Date; report: Report };

export type Tally = {
  /** The last word of each instance. */
  instances: ReceivedReport[];
  /** First time each instance said it had a ruleset active, or could not load it. */
  active: { instanceId: string; seq: number; at: Date }[];
  failed: { instanceId: string; seq: number; at: Date; reason: string }[];
  hits: { ruleId: string; instanceId: string; hits: number; enforced: number; lastAt: Date }[];
};

const WEEK_MS = 7 * 86_400_000;

/**
 * Folds a batch into what has to be written. A failure that names no ruleset beyond the active one (its signature
 * did not verify, say, so its number could not be trusted) is about what was sent last: `newestSeq`. Everything is sorted, so that
 * two feeds never deadlock.
 */
export function tally(reports: ReceivedReport[], newestSeq: number): Tally {
  const instances = new Map<string, ReceivedReport>();
  const active = new Map<string, Tally['active'][number]>();
  const failed = new Map<string, Tally['failed'][number]>();
  const hits = new Map<string, Tally['hits'][number]>();
  const inOrder = [...reports].sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const received of inOrder) {
    const { at, report } = received;
    const { instanceId, seq } = report;
    instances.set(instanceId, received);
    if (report.state === 'active' && seq > 0) keepFirst(active, { instanceId, seq, at });
    if (report.state === 'failed') {
      const refused = seq > report.activeSeq ? seq : newestSeq;
      const reason = report.reason ?? 'no reason given';
      if (refused > 0) keepFirst(failed, { instanceId, seq: refused, at, reason });
    }
    for (const hit of report.hits) {
      // One uuid in two spellings is one row, and one statement may not write a row twice.
      const ruleId = hit.ruleId.toLowerCase();
      const key = `${ruleId} ${instanceId}`;
      // An instance's clock may be wrong: a hit is not younger than its report, and no week older.
      const latest = at.getTime();
      const lastAt = new Date(Math.max(latest - WEEK_MS, Math.min(Date.parse(hit.lastAt), latest)));
      const sum = hits.get(key);
      if (!sum) hits.set(key, { ruleId, instanceId, hits: hit.hits, enforced: hit.enforced, lastAt });
      else {
        sum.hits += hit.hits;
        sum.enforced += hit.enforced;
        if (lastAt > sum.lastAt) sum.lastAt = lastAt;
      }
    }
  }
  return {
    instances: sorted(instances),
    active: sorted(active),
    failed: sorted(failed),
    hits: sorted(hits),
  };
}

function keepFirst<T extends { instanceId: string; seq: number }>(map: Map<string, T>, row: T): void {
  const place = `${row.seq} ${row.instanceId}`;
  if (!map.has(place)) map.set(place, row);
}

function sorted<T>(map: Map<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
