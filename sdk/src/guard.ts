import { hostname } from 'node:os';
import { z } from 'zod';
import { createRuleClock } from './clock.ts';
import { createDisk } from './disk.ts';
import {
  type CompiledRules,
  compileRules,
  type Decision,
  type DecisionRequest,
  evaluate,
  RuleCache,
} from './engine.ts';
import type { GuardEvent } from './events.ts';
import { follow } from './follow.ts';
import type { InstanceState } from './report.ts';
import { createReporter, type ReportHead } from './reporter.ts';
import type { Snapshot } from './rule.ts';
import { openEnvelope, SnapshotError } from './snapshot.ts';
import { createTrust } from './trust.ts';

export interface GuardOptions {
  /** Base address of the feed (or of a relay), e.g. `https://stopgap.internal:3001`. */
  feedUrl: string;
  /** A key with the scope `feed`. */
  apiKey: string;
  /** Unique in the fleet; host name and process id unless given. */
  instanceId?: string;
  /** Reported with the instance, and matched against the labels in rule scopes. */
  labels?: Record<string, string>;
  /** Where to keep the last good ruleset, so that a restart without the feed still enforces it. */
  dir?: string;
  /** Ed25519, SPKI PEM or raw base64. Without it the first key the feed shows is trusted and pinned in `dir`. */
  publicKey?: string;
  onEvent?: (event: GuardEvent) => void;
}

export interface GuardStatus {
  /** The ruleset enforced now; 0 when there is none. */
  seq: number;
  state: 'starting' | InstanceState;
  reason?: string;
  /** How many rules it holds. */
  rules: number;
  /** When this state began. */
  since: Date;
}

export interface GuardRuleset {
  snapshot: Snapshot;
  compiled: CompiledRules;
  /** The time by which rules start and end here. */
  now: Date;
}

export interface Guard {
  /** Resolves once a ruleset is active, or after 2 s without one. Never rejects because the feed is away. */
  start(): Promise<void>;
  /** Decides one interaction from memory: no input or output, and `allow` while no ruleset is active. */
  decide(request: DecisionRequest): Decision;
  status(): GuardStatus;
  /** What `decide` reads right now, for a reader that must not count as a decision; null while there is none. */
  ruleset(): GuardRuleset | null;
  /** True as soon as ruleset `seq` or a later one is active; false after `timeoutMs`. */
  waitForSeq(seq: number, timeoutMs: number): Promise<boolean>;
  /** Sends the last counters (2 s at most) and lets go of every timer and socket. `decide` keeps working. */
  close(): Promise<void>;
}

const START_WAIT_MS = 2_000;
const STALE_CHECK_MS = 1_000;
const FLUSH_MS = 2_000;

const optionsSchema = z.object({
  feedUrl: z.url({ protocol: /^https?$/ }),
  apiKey: z.string().min(1),
  instanceId: z.string().min(1).max(200),
  labels: z.record(z.string().max(100), z.string().max(200)),
});

interface Active {
  snapshot: Snapshot;
  compiled: CompiledRules;
}

/**
 * A guard follows one feed and decides by the newest ruleset that proved itself.
 * Throws at once for options that cannot work (a malformed address or key); never later because of the feed.
 */
export function createGuard(options: GuardOptions): Guard {
  const { feedUrl, apiKey, instanceId, labels } = optionsSchema.parse({
    feedUrl: options.feedUrl,
    apiKey: options.apiKey,
    instanceId: options.instanceId ?? `${hostname()}-${process.pid}`,
    labels: options.labels ?? {},
  });
  const onEvent = (event: GuardEvent) => {
    try {
      options.onEvent?.(event);
    } catch {
      // A listener's fault must not stop enforcement.
    }
  };
  const clock = createRuleClock();
  const cache = new RuleCache();
  const disk =
    options.dir === undefined
      ? undefined
      : createDisk(options.dir, (message) => onEvent({ type: 'disk', message }));
  const trust = createTrust({ feedUrl, apiKey, publicKey: options.publicKey, disk, onEvent });

  let active: Active | undefined;
  let failure: { seq: number; reason: string } | undefined;
  let highestSeq = 0;
  let lastState: GuardStatus['state'] = 'starting';
  let since = new Date();
  let saving: Promise<unknown> = Promise.resolve();
  let following: { close(): Promise<void> } | undefined;
  let staleCheck: NodeJS.Timeout | undefined;
  let starting: Promise<void> | undefined;
  let closed = false;
  const waiting = new Set<() => void>();

  const isStale = () =>
    active !== undefined && clock.now().getTime() >= Date.parse(active.snapshot.expiresAt);

  const head = (): ReportHead | null => {
    const activeSeq = active?.snapshot.seq ?? 0;
    if (failure) return { activeSeq, seq: failure.seq, state: 'failed', reason: failure.reason };
    if (!active) return null;
    if (!isStale()) return { activeSeq, seq: activeSeq, state: 'active' };
    const reason = `Ruleset ${activeSeq} was good until ${active.snapshot.expiresAt} and nothing newer has come.`;
    return { activeSeq, seq: activeSeq, state: 'stale', reason };
  };

  const reporter = createReporter({
    feedUrl,
    apiKey,
    instanceId,
    labels,
    head,
    onProblem: (reason) => onEvent({ type: 'report_failed', reason }),
  });

  const enter = (state: GuardStatus['state']) => {
    lastState = state;
    since = new Date();
    reporter.changed();
  };

  const checkStale = () => {
    const now = head();
    if (now?.state !== 'stale' || lastState === 'stale') return;
    onEvent({ type: 'stale', seq: now.seq, reason: now.reason ?? '' });
    enter('stale');
  };

  const refuse = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof SnapshotError ? error.code : 'schema';
    const seq = (error instanceof SnapshotError ? error.seq : undefined) ?? active?.snapshot.seq ?? 0;
    if (error instanceof SnapshotError && error.code !== 'rollback' && error.seq !== undefined) {
      highestSeq = Math.max(highestSeq, error.seq);
    }
    failure = { seq, reason };
    if (active) cache.retain(active.snapshot.rules);
    onEvent({ type: 'failed', seq, code, reason });
    enter('failed');
  };

  /** Opens, proves and compiles first; only then does one assignment change what is enforced. */
  const activate = (envelope: string, source: 'feed' | 'disk') => {
    const snapshot = openEnvelope(envelope, trust.keys(), { minSeq: highestSeq, cache });
    highestSeq = snapshot.seq;
    const current = active?.snapshot;
    // The same ruleset again changes nothing, unless its publisher has signed it anew to prolong it.
    if (current?.seq === snapshot.seq && Date.parse(snapshot.issuedAt) <= Date.parse(current.issuedAt)) {
      if (failure) {
        failure = undefined;
        enter('active');
      }
      return;
    }
    const compiled = compileRules(snapshot.rules, { labels, seq: snapshot.seq, cache });
    active = { snapshot, compiled };
    failure = undefined;
    clock.anchor(snapshot.issuedAt);
    cache.retain(snapshot.rules);
    onEvent({ type: 'active', seq: snapshot.seq, rules: snapshot.rules.length, source });
    enter('active');
    checkStale();
    for (const wake of [...waiting]) wake();
    if (disk && source === 'feed') saving = saving.then(() => disk.saveEnvelope(envelope));
  };

  const onSnapshot = (envelope: string) => {
    if (closed) return;
    try {
      activate(envelope, 'feed');
    } catch (error) {
      refuse(error);
    }
  };

  const restore = async () => {
    await trust.restore();
    const envelope = await disk?.loadEnvelope();
    if (!envelope || trust.keys().length === 0 || closed) return;
    try {
      activate(envelope, 'disk');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onEvent({ type: 'disk', message: `The ruleset kept on disk was ignored. ${reason}` });
    }
  };

  const waitFor = (seq: number, timeoutMs: number): Promise<boolean> => {
    const there = () => (active?.snapshot.seq ?? 0) >= seq;
    if (there() || closed) return Promise.resolve(there());
    return new Promise((resolve) => {
      const settle = () => {
        if (!there() && !closed && performance.now() < deadline) return;
        clearTimeout(timer);
        waiting.delete(settle);
        resolve(there());
      };
      const deadline = performance.now() + timeoutMs;
      // Not unref'd: somebody is waiting for it. The margin keeps an early timer from missing its deadline.
      const timer = setTimeout(settle, timeoutMs + 2);
      waiting.add(settle);
    });
  };

  const begin = async () => {
    if (disk) await restore();
    if (closed) return;
    staleCheck = setInterval(checkStale, STALE_CHECK_MS).unref();
    following = follow({
      feedUrl,
      apiKey,
      instanceId,
      // A stale set asks anew: its publisher may have prolonged it under the same number.
      activeSeq: () => (isStale() ? 0 : (active?.snapshot.seq ?? 0)),
      onSnapshot,
      onEvent,
      prepare: trust.ensure,
    });
    await waitFor(1, START_WAIT_MS);
  };

  return {
    start: () => {
      starting ??= begin();
      return starting;
    },
    decide: (request) => {
      const now = clock.now();
      const decision: Decision = active
        ? evaluate(active.compiled, request, now)
        : { verdict: 'allow', rules: [], seq: 0 };
      reporter.count(decision, now);
      return decision;
    },
    status: () => {
      const now = head();
      return {
        seq: active?.snapshot.seq ?? 0,
        state: now?.state ?? 'starting',
        ...(now?.reason === undefined ? {} : { reason: now.reason }),
        rules: active?.snapshot.rules.length ?? 0,
        since,
      };
    },
    ruleset: () => (active ? { ...active, now: clock.now() } : null),
    waitForSeq: waitFor,
    close: async () => {
      if (closed) return;
      closed = true;
      clearInterval(staleCheck);
      for (const wake of [...waiting]) wake();
      await following?.close();
      await reporter.close(FLUSH_MS);
      await saving;
    },
  };
}
