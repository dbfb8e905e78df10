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

/** Folds a batch into what has to be written. Everything is sorted, so that two feeds never deadlock. */
export function tally(reports: ReceivedReport[]): Tally {
  const instances = new Map<string, ReceivedReport>();
  const active = new Map<string, Tally['active'][number]>();
  const failed = new Map<string, Tally['failed'][number]>();
  const hits = new Map<string, Tally['hits'][number]>();
  const inOrder = [...reports].sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const received of inOrder) {
    const { at, report } = received;
    const { instanceId, seq } = report;
    const place = `${seq} ${instanceId}`;
    instances.set(instanceId, received);
    if (report.state === 'active' && seq > 0 && !active.has(place))
      active.set(place, { instanceId, seq, at });
    if (report.state === 'failed' && seq > 0 && !failed.has(place)) {
      failed.set(place, { instanceId, seq, at, reason: report.reason ?? 'no reason given' });
    }
    for (const hit of report.hits) {
      const key = `${hit.ruleId} ${instanceId}`;
      // An instance's clock may be wrong: a hit is not younger than its report, and no week older.
      const latest = at.getTime();
      const lastAt = new Date(Math.max(latest - WEEK_MS, Math.min(Date.parse(hit.lastAt), latest)));
      const sum = hits.get(key);
      if (!sum)
        hits.set(key, { ruleId: hit.ruleId, instanceId, hits: hit.hits, enforced: hit.enforced, lastAt });
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

function sorted<T>(map: Map<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
