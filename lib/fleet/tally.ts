import { INT4_MAX } from '#lib/storable';
import type { AdoptionSteps, Report, StreamCounters } from '#sdk/report';

/** What came through one contract in one phase: all its calls, or those with a `field` that could not be read. */
export type CoverageRow = {
  contract: string;
  phase: string;
  field: string;
  calls: number;
  streamed: number;
  unseen: number;
};

/** A report and when the feed received it, on the database's clock. */
export type ReceivedReport = {
  at: Date;
  report: Report;
  via?: string | null;
  /** What lib/fleet/boots.ts found out: the name it gave, where its line has another, and the processes of that line. */
  name?: string;
  boots?: string[];
  bootSince?: Date;
};

export type Tally = {
  /** The last word of each instance. */
  instances: ReceivedReport[];
  /** First time each instance said it had a ruleset active, or could not load it. */
  active: { instanceId: string; seq: number; at: Date; steps: StepTimes }[];
  failed: { instanceId: string; seq: number; at: Date; reason: string }[];
  hits: { ruleId: string; instanceId: string; hits: number; enforced: number; lastAt: Date }[];
  /** Hits that an instance counted by the time it had `seq` active; the latest of each report. */
  firstHits: { instanceId: string; seq: number; at: Date }[];
  streams: (StreamCounters & { instanceId: string })[];
  coverage: (CoverageRow & { instanceId: string; at: Date })[];
  /** By minute of arrival: instances' clocks may be wrong, and all are to add up. */
  hitMinutes: { ruleId: string; minute: Date; hits: number; enforced: number }[];
  decisionMinutes: { minute: Date; decisions: number }[];
};

/** When an instance was through with each step of a snapshot, on the feed's clock; null where it did not say. */
export type StepTimes = { verifiedAt: Date | null; compiledAt: Date | null; testedAt: Date | null };

const WEEK_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;
const STREAM_COUNTERS = ['streams', 'chunks', 'released', 'unscanned', 'blocked'] as const;
const NO_STREAMS: StreamCounters = { streams: 0, chunks: 0, released: 0, unscanned: 0, blocked: 0 };

/**
 * Folds a batch into what has to be written. A failure that names no ruleset beyond the active one (its signature
 * did not verify, say, so its number could not be trusted) is about what was sent last: `newestSeq`. One that has other
 * content active under a number than `digests` says has not taken that ruleset. Everything is sorted, so that two feeds
 * never deadlock.
 */
export function tally(
  reports: ReceivedReport[],
  newestSeq: number,
  digests: ReadonlyMap<number, string> = new Map(),
): Tally {
  const instances = new Map<string, ReceivedReport>();
  const active = new Map<string, Tally['active'][number]>();
  const failed = new Map<string, Tally['failed'][number]>();
  const hits = new Map<string, Tally['hits'][number]>();
  const streams = new Map<string, Tally['streams'][number]>();
  const coverage = new Map<string, Tally['coverage'][number]>();
  const hitMinutes = new Map<string, Tally['hitMinutes'][number]>();
  const decisionMinutes = new Map<string, Tally['decisionMinutes'][number]>();
  const firstHits: Tally['firstHits'] = [];
  const inOrder = [...reports].sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const received of inOrder) {
    const { at, report } = received;
    const { instanceId, seq } = report;
    instances.set(instanceId, received);
    const { activeSha256 } = report;
    const isOther =
      activeSha256 !== undefined && seq === report.activeSeq && digests.get(seq) !== activeSha256;
    if (report.state === 'active' && seq > 0 && !isOther) {
      keepFirst(active, { instanceId, seq, at, steps: stepTimes(at, report.steps) });
    }
    if (report.state === 'failed') {
      const refused = seq > report.activeSeq ? seq : newestSeq;
      const reason = report.reason ?? 'no reason given';
      // It holds the newest: what it could not load since is no ruleset that it lacks.
      if (refused > report.activeSeq) keepFirst(failed, { instanceId, seq: refused, at, reason });
    }
    const minute = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
    if (report.decisions > 0) {
      const row = place(decisionMinutes, minute.toISOString(), () => ({ minute, decisions: 0 }));
      row.decisions += report.decisions;
    }
    if (report.streams) {
      const row = place(streams, instanceId, () => ({ instanceId, ...NO_STREAMS }));
      for (const name of STREAM_COUNTERS) row[name] += report.streams[name];
    }
    for (const { contract, phase, field = '', calls, streamed, unseen } of report.coverage) {
      const key = `${instanceId} ${contract} ${phase} ${field}`;
      const row = place(coverage, key, () => ({
        instanceId,
        contract,
        phase,
        field,
        calls: 0,
        streamed: 0,
        unseen: 0,
        at,
      }));
      row.calls += calls;
      row.streamed += streamed;
      row.unseen += unseen;
      row.at = at;
    }
    let latestHit: Date | null = null;
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
      const inMinute = place(hitMinutes, `${ruleId} ${minute.toISOString()}`, () => ({
        ruleId,
        minute,
        hits: 0,
        enforced: 0,
      }));
      inMinute.hits += hit.hits;
      inMinute.enforced += hit.enforced;
      if (hit.hits > 0 && (!latestHit || lastAt > latestHit)) latestHit = lastAt;
    }
    if (latestHit && report.activeSeq > 0) {
      firstHits.push({ instanceId, seq: report.activeSeq, at: latestHit });
    }
  }
  return {
    instances: sorted(instances),
    active: sorted(active),
    failed: sorted(failed),
    hits: sorted(hits),
    firstHits,
    streams: sorted(streams),
    coverage: sorted(coverage),
    hitMinutes: sorted(hitMinutes),
    decisionMinutes: sorted(decisionMinutes),
  };
}

/** How far its rule clock is ahead of ours, late by the report's way here; null where it does not tell. */
export function skewOf({ at, report }: ReceivedReport): number | null {
  if (report.clock === undefined) return null;
  const skew = Math.round(Date.parse(report.clock) - at.getTime());
  return Math.max(-INT4_MAX, Math.min(skew, INT4_MAX));
}

/**
 * An instance tells how long each step took, never when: its clock is not believed. The steps are laid back from
 * the arrival of its word that it is active, so each time is late by the report's way here, never early.
 */
function stepTimes(arrivedAt: Date, steps: AdoptionSteps | undefined): StepTimes {
  if (!steps) return { verifiedAt: null, compiledAt: null, testedAt: null };
  const back = (ms: number) => new Date(arrivedAt.getTime() - Math.max(0, steps.activeMs - ms));
  return {
    verifiedAt: back(steps.verifiedMs),
    compiledAt: back(steps.compiledMs),
    testedAt: back(steps.testedMs),
  };
}

function place<T>(map: Map<string, T>, key: string, make: () => T): T {
  let row = map.get(key);
  if (row === undefined) {
    row = make();
    map.set(key, row);
  }
  return row;
}

function keepFirst<T extends { instanceId: string; seq: number }>(map: Map<string, T>, row: T): void {
  const place = `${row.seq} ${row.instanceId}`;
  if (!map.has(place)) map.set(place, row);
}

function sorted<T>(map: Map<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
