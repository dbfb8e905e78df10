import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from './engine.ts';
import { feedAddress } from './follow.ts';
import type { InstanceState, Report } from './report.ts';
import { SDK_VERSION } from './version.ts';

/** What the next report says of the instance. */
export interface ReportHead {
  activeSeq: number;
  seq: number;
  state: InstanceState;
  reason?: string;
}

export interface ReporterOptions {
  feedUrl: string;
  apiKey: string;
  instanceId: string;
  labels: Record<string, string>;
  /** Null while there is nothing to speak of: no ruleset and no failure yet. */
  head: () => ReportHead | null;
  onProblem: (reason: string) => void;
  /** Milliseconds between reports when nothing changes; 15,000 unless told otherwise. */
  intervalMs?: number;
}

export interface Reporter {
  /** Adds one decision to the counters. */
  count(decision: Decision, at: Date): void;
  /** Posts now, or right after the post under way. */
  changed(): void;
  /** A last post within `timeoutMs`, then silence. */
  close(timeoutMs: number): Promise<void>;
}

interface Counter {
  hits: number;
  enforced: number;
  lastAt: Date;
}

/** Rules in one report; the rest goes with the next one. */
const MAX_HITS = 1_000;
const RETRY_MS = 1_000;
const POST_TIMEOUT_MS = 5_000;

/** Counts decisions and hits and tells the feed. Counters shrink only after a 2xx, so a lost post loses no hit. */
export function createReporter(options: ReporterOptions): Reporter {
  const { feedUrl, apiKey, instanceId, labels, head, onProblem, intervalMs = 15_000 } = options;
  const counters = new Map<string, Counter>();
  let decisions = 0;
  let underway: Promise<boolean> | undefined;
  let again = false;
  let pendingChange = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const build = (now: ReportHead): Report => ({
    instanceId,
    kind: 'sdk',
    labels,
    sdkVersion: SDK_VERSION,
    activeSeq: now.activeSeq,
    seq: now.seq,
    state: now.state,
    ...(now.reason === undefined ? {} : { reason: now.reason.slice(0, 2_000) }),
    breakers: [],
    coverage: [],
    decisions,
    hits: [...counters].slice(0, MAX_HITS).map(([ruleId, { hits, enforced, lastAt }]) => ({
      ruleId,
      hits,
      enforced,
      lastAt: lastAt.toISOString(),
    })),
  });

  const subtract = (report: Report) => {
    decisions -= report.decisions;
    for (const sent of report.hits) {
      const counter = counters.get(sent.ruleId);
      if (!counter) continue;
      counter.hits -= sent.hits;
      counter.enforced -= sent.enforced;
      if (counter.hits === 0) counters.delete(sent.ruleId);
    }
  };

  const post = async (timeoutMs: number): Promise<boolean> => {
    const now = head();
    if (!now) return true;
    const report = build(now);
    try {
      const response = await fetch(feedAddress(feedUrl, '/v1/report'), {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(report),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) {
        onProblem(`The feed did not take the report (HTTP ${response.status}).`);
        return false;
      }
      subtract(report);
      return true;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      onProblem(
        `The report did not reach the feed: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
      return false;
    }
  };

  const schedule = (ms: number) => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(send, ms).unref();
  };

  /** One post at a time; a change during a post causes one more, and a failed change is tried again soon. */
  const send = (): void => {
    if (underway) {
      again = true;
      return;
    }
    again = false;
    const wasChange = pendingChange;
    underway = post(POST_TIMEOUT_MS);
    void underway.then((ok) => {
      underway = undefined;
      if (ok && wasChange === pendingChange) pendingChange = 0;
      if (again && !closed) send();
      else schedule(!ok && pendingChange > 0 ? RETRY_MS : intervalMs);
    });
  };
  schedule(intervalMs);

  return {
    count: (decision, at) => {
      decisions++;
      for (const { id, mode, action } of decision.rules) {
        let counter = counters.get(id);
        if (!counter) {
          counter = { hits: 0, enforced: 0, lastAt: at };
          counters.set(id, counter);
        }
        counter.hits++;
        if (mode === 'enforce' && action === decision.verdict) counter.enforced++;
        counter.lastAt = at;
      }
    },
    changed: () => {
      pendingChange++;
      if (!closed) send();
    },
    close: async (timeoutMs) => {
      closed = true;
      clearTimeout(timer);
      const deadline = performance.now() + timeoutMs;
      const settled = underway
        ? await Promise.race([underway.then(() => true), sleep(timeoutMs, false)])
        : true;
      // A post still hanging may yet arrive; a second one with the same counters would count them twice.
      if (settled) await post(Math.max(100, Math.round(deadline - performance.now())));
    },
  };
}
