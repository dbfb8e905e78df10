import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from './decision.ts';
import { changedAnswer } from './effects.ts';
import { feedAddress } from './follow.ts';
import { unknownFields, without } from './older-feed.ts';
import type {
  AdoptionSteps,
  Coverage,
  InstanceKind,
  InstanceState,
  OpenBreaker,
  Report,
  StreamCounters,
  Unnamed,
} from './report.ts';
import type { SnapshotErrorCode } from './snapshot.ts';
import { SDK_VERSION } from './version.ts';

/** What the next report says of the instance. */
export interface ReportHead {
  activeSeq: number;
  activeIssuedAt?: string;
  /** SHA-256 (hex) of the exact payload that is active. */
  activeSha256?: string;
  seq: number;
  state: InstanceState;
  reason?: string;
  /** What kind of failure it is. */
  failure?: SnapshotErrorCode;
}

interface ReporterOptions {
  feedUrl: string;
  apiKey: string;
  instanceId: string;
  labels: Record<string, string>;
  /** What this instance is; `sdk` unless told otherwise. */
  kind?: InstanceKind;
  /** The rules demoted here now. */
  breakers?: () => OpenBreaker[];
  /** What is out of the ordinary about rules now. */
  alarms?: () => OpenBreaker[];
  /** Decisions lately that named nothing in a field by which live rules are scoped. */
  unnamed?: () => Unnamed[];
  /** Null while there is nothing to speak of: no ruleset and no failure yet. */
  head: () => ReportHead | null;
  /** The time by which rules start and end here. */
  clock?: () => Date;
  onProblem: (reason: string) => void;
  /** Milliseconds between reports when nothing changes; 10,000 unless told otherwise. */
  intervalMs?: number;
}

export interface Reporter {
  /** Adds one decision to the counters. */
  count(decision: Decision, at: Date): void;
  /** Adds to what went through streams. */
  streamed(added: Partial<StreamCounters>): void;
  /** Adds calls through one contract of another serving layer. */
  covered(lines: readonly Coverage[]): void;
  /** How long the way to ruleset `seq` took; told with the first report of it that is taken. */
  adopted(seq: number, steps: AdoptionSteps): void;
  /** Posts now, or right after the post under way. */
  changed(): void;
  /** A last post within `timeoutMs`, which says that this process ends by intent, then silence. */
  close(timeoutMs: number): Promise<void>;
}

interface Counter {
  hits: number;
  enforced: number;
  lastAt: Date;
}

/** Two missing reports make an instance silent on the fleet page, within 30 s. */
export const REPORT_EVERY_MS = 10_000;
/** Rules in one report; the rest goes with the next one. */
const MAX_HITS = 1_000;
const MAX_BREAKERS = 1_000;
const MAX_COVERAGE = 200;
const RETRY_MS = 1_000;
const POST_TIMEOUT_MS = 5_000;
/** Between two tries of the last post. */
const AGAIN_MS = 200;

/** Left out where it is empty, for feeds that are older than the field. */
const optional = <Name extends string, Value>(name: Name, list: Value[]) =>
  (list.length > 0 ? { [name]: list } : {}) as { [name in Name]?: Value[] };

/** What one call counts for: once among all calls, and once for each field of it that nobody could read. */
export function coveredCall(
  contract: string,
  phase: Coverage['phase'],
  call: { streamed?: boolean | undefined; unseen?: boolean | undefined; unread?: readonly string[] } = {},
): Coverage[] {
  const { streamed = false, unseen = false, unread = [] } = call;
  const line = { contract, phase, calls: 1, streamed: Number(streamed), unseen: Number(unseen) };
  return [line, ...unread.map((field) => ({ ...line, field }))];
}

const coverageKey = ({ contract, phase, field }: Coverage): string => `${contract} ${phase} ${field ?? ''}`;

const NO_STREAMS: StreamCounters = { streams: 0, chunks: 0, released: 0, unscanned: 0, blocked: 0 };

function addTo<T extends object>(sum: T, added: Partial<T>, sign: 1 | -1): void {
  for (const [name, value] of Object.entries(added) as [keyof T, unknown][]) {
    if (typeof value === 'number') sum[name] = ((sum[name] as number) + sign * value) as T[keyof T];
  }
}

/** Counts decisions and hits and tells the feed. Counters shrink only after a 2xx, so a lost post loses no hit. */
export function createReporter(options: ReporterOptions): Reporter {
  const { feedUrl, apiKey, instanceId, labels, head, onProblem, intervalMs = REPORT_EVERY_MS } = options;
  const { kind = 'sdk', breakers = () => [], alarms = () => [], unnamed = () => [], clock } = options;
  const boot = randomBytes(8).toString('hex');
  const counters = new Map<string, Counter>();
  const streams = { ...NO_STREAMS };
  const coverage = new Map<string, Coverage>();
  let adopted: { seq: number; steps: AdoptionSteps } | undefined;
  let decisions = 0;
  let underway: Promise<boolean> | undefined;
  let again = false;
  let pendingChange = 0;
  let closed = false;
  let wantsAgain = false;
  let timer: NodeJS.Timeout | undefined;

  const build = (now: ReportHead, goodbye: boolean): Report => ({
    instanceId,
    kind,
    labels,
    sdkVersion: SDK_VERSION,
    activeSeq: now.activeSeq,
    ...(now.activeIssuedAt === undefined ? {} : { activeIssuedAt: now.activeIssuedAt }),
    ...(now.activeSha256 === undefined ? {} : { activeSha256: now.activeSha256 }),
    ...(clock === undefined ? {} : { clock: clock().toISOString() }),
    ...(goodbye ? { goodbye } : {}),
    seq: now.seq,
    state: now.state,
    ...(now.reason === undefined ? {} : { reason: now.reason.slice(0, 2_000) }),
    ...(now.failure === undefined ? {} : { failure: now.failure }),
    boot,
    ...(adopted?.seq === now.activeSeq ? { steps: adopted.steps } : {}),
    breakers: breakers().slice(0, MAX_BREAKERS),
    ...optional('alarms', alarms().slice(0, MAX_BREAKERS)),
    ...optional('unnamed', unnamed()),
    ...(Object.values(streams).some((value) => value > 0) ? { streams: { ...streams } } : {}),
    coverage: [...coverage.values()].slice(0, MAX_COVERAGE).map((line) => ({ ...line })),
    decisions,
    hits: [...counters].slice(0, MAX_HITS).map(([ruleId, { hits, enforced, lastAt }]) => ({
      ruleId,
      hits,
      enforced,
      lastAt: lastAt.toISOString(),
    })),
  });

  /** What was left out stays counted here. */
  const subtract = (report: Partial<Report>) => {
    decisions -= report.decisions ?? 0;
    if (report.steps && adopted?.seq === report.activeSeq) adopted = undefined;
    addTo(streams, report.streams ?? {}, -1);
    for (const sent of report.coverage ?? []) {
      const key = coverageKey(sent);
      const line = coverage.get(key);
      if (!line) continue;
      addTo(line, sent, -1);
      if (line.calls === 0 && line.streamed === 0 && line.unseen === 0) coverage.delete(key);
    }
    for (const sent of report.hits ?? []) {
      const counter = counters.get(sent.ruleId);
      if (!counter) continue;
      counter.hits -= sent.hits;
      counter.enforced -= sent.enforced;
      if (counter.hits === 0) counters.delete(sent.ruleId);
    }
  };

  const unread = new Set<string>();
  /** Learns what the feed does not know; answers whether sending the rest may help. */
  const leaveOut = async (response: Response): Promise<boolean> => {
    const refusal: unknown = await response.json().catch(() => null);
    const news = unknownFields(refusal).filter((path) => !unread.has(path));
    if (news.length === 0) return false;
    for (const path of news) unread.add(path);
    const what = news.slice(0, 3).join(', ');
    onProblem(
      `The feed is older than this SDK and does not know ${what}: reports go without. Update the feed.`,
    );
    return true;
  };

  const post = async (timeoutMs: number, goodbye = false): Promise<boolean> => {
    const now = head();
    if (!now) return true;
    const report = without(build(now, goodbye), unread);
    wantsAgain = false;
    try {
      const response = await fetch(feedAddress(feedUrl, '/v1/report'), {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(report),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status === 400 && (await leaveOut(response))) return await post(timeoutMs, goodbye);
      if (!response.bodyUsed) await response.body?.cancel();
      if (!response.ok) {
        wantsAgain = response.status === 503;
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
      for (const hit of decision.rules) {
        const { id } = hit;
        let counter = counters.get(id);
        if (!counter) {
          counter = { hits: 0, enforced: 0, lastAt: at };
          counters.set(id, counter);
        }
        counter.hits++;
        if (changedAnswer(hit, decision)) counter.enforced++;
        counter.lastAt = at;
      }
    },
    streamed: (added) => addTo(streams, added, 1),
    covered: (lines) => {
      for (const each of lines) {
        const key = coverageKey(each);
        const line = coverage.get(key);
        if (line) addTo(line, each, 1);
        else coverage.set(key, { ...each });
      }
    },
    adopted: (seq, steps) => {
      adopted = { seq, steps };
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
      const left = () => Math.max(100, Math.round(deadline - performance.now()));
      let said = settled ? await post(left(), true) : true;
      // Who is stopping too asks to be told again: behind one address another may hear it.
      while (!said && wantsAgain && performance.now() + AGAIN_MS < deadline) {
        await sleep(AGAIN_MS);
        said = await post(left(), true);
      }
    },
  };
}
