import { isDeepStrictEqual } from 'node:util';
import { createRuleClock } from './clock.ts';
import type { Disk } from './disk.ts';
import { type CompiledRules, compileRules, RuleCache } from './engine.ts';
import type { GuardEvent } from './events.ts';
import type { Freshness } from './freshness.ts';
import type { AdoptionSteps, InstanceState } from './report.ts';
import type { ReportHead } from './reporter.ts';
import type { Rule, Snapshot } from './rule.ts';
import { openEnvelope, SnapshotError, type SnapshotErrorCode } from './snapshot.ts';
import { payloadSha256, type RulesetTag } from './tag.ts';
import type { Trust } from './trust.ts';

interface Active {
  snapshot: Snapshot;
  /** SHA-256 (hex) of the payload that was signed. */
  sha256: string;
  compiled: CompiledRules;
  rules: ReadonlyMap<string, Rule>;
}

interface LiveOptions {
  instanceId: string;
  labels: Record<string, string>;
  trust: Trust;
  freshness: Freshness;
  disk: Disk | undefined;
  onEvent: (event: GuardEvent) => void;
  /** The state is another one, or speaks of another ruleset. */
  onChange: () => void;
  /** Called before the ruleset counts. */
  onRules: (rules: readonly Rule[]) => void;
  onAdopted: (seq: number, steps: AdoptionSteps) => void;
}

/** The one ruleset that is enforced, how it came about and what went wrong since. */
export interface Live {
  readonly cache: RuleCache;
  active(): Active | undefined;
  /** The ruleset that is active, null before the first. */
  tag(): RulesetTag | null;
  /** The time by which rules start and end, and rulesets turn stale. */
  now(): Date;
  isStale(): boolean;
  /** What a report says of it; null while there is neither a ruleset nor a failure. */
  head(): ReportHead | null;
  since(): Date;
  /** Opens what the feed sent; keeps the last good ruleset when it cannot be loaded. Never throws. */
  load(envelope: string, receivedAt: number): void;
  /** Takes a signed head, and with it a first ruleset that had to wait for one. Never throws. */
  takeHead(head: string): void;
  /** When the ruleset that is active was last known to be the newest; null when that is not known. */
  freshAsOf(): Date | null;
  /** Loads what the disk kept. Never throws. */
  restore(): Promise<void>;
  /** Tells once when the ruleset has turned stale, and when nothing says any more that it is the newest. */
  checkStale(): void;
  /** True as soon as `seq` or a later one is active; false after `timeoutMs`, or when closed. */
  waitFor(seq: number, timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export function createLive(options: LiveOptions): Live {
  const { instanceId, labels, trust, freshness, disk, onEvent, onChange, onRules, onAdopted } = options;
  const clock = createRuleClock();
  const cache = new RuleCache();
  const waiting = new Set<() => void>();
  let active: Active | undefined;
  let goodUntil = Number.POSITIVE_INFINITY;
  /** The active number came with another content too: said until another number is active. */
  let forked: string | undefined;
  let failure: { seq: number; reason: string; code: SnapshotErrorCode } | undefined;
  /** A first ruleset that is genuine but may be old. */
  let waitingForHead: { seq: number; envelope: string } | undefined;
  let freshAsOf: Date | null = null;
  let hasDoubt = false;
  let highestSeq = 0;
  let lastState: InstanceState | undefined;
  let since = new Date();
  let saving: Promise<unknown> = Promise.resolve();
  let closed = false;

  const isStale = () => active !== undefined && clock.now().getTime() >= goodUntil;

  const doubt = () => {
    const why = active && freshness.doubt(active.snapshot.seq, active.sha256, freshAsOf);
    return why && `${why} It is enforced until it runs out.`;
  };

  const head = (): ReportHead | null => {
    const activeSeq = active?.snapshot.seq ?? 0;
    const has = {
      activeSeq,
      ...(active && { activeIssuedAt: active.snapshot.issuedAt, activeSha256: active.sha256 }),
    };
    if (failure) {
      const { seq, reason, code } = failure;
      return { ...has, seq, state: 'failed', reason, failure: code };
    }
    if (!active) return null;
    if (!isStale()) {
      const reason = forked ?? doubt();
      return { ...has, seq: activeSeq, state: 'active', ...(reason !== undefined && { reason }) };
    }
    const reason = `Ruleset ${activeSeq} was good until ${active.snapshot.expiresAt} and nothing newer has come.`;
    return { ...has, seq: activeSeq, state: 'stale', reason };
  };

  const enter = (state: InstanceState) => {
    lastState = state;
    since = new Date();
    onChange();
  };

  const checkStale = () => {
    const why = doubt();
    if (why !== undefined && !hasDoubt) {
      onEvent({ type: 'unconfirmed', seq: active?.snapshot.seq ?? 0, reason: why });
    }
    hasDoubt = why !== undefined;
    const now = head();
    if (now?.state !== 'stale' || lastState === 'stale') return;
    onEvent({ type: 'stale', seq: now.seq, reason: now.reason ?? '' });
    enter('stale');
  };

  const confirm = () => {
    if (active) freshAsOf = freshness.asOf(active.snapshot.seq, active.sha256) ?? freshAsOf;
  };

  const refuse = (error: unknown, envelope: string) => {
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof SnapshotError ? error.code : 'schema';
    const seq = (error instanceof SnapshotError ? error.seq : undefined) ?? active?.snapshot.seq ?? 0;
    if (code === 'freshness') {
      if (seq >= (waitingForHead?.seq ?? 0)) waitingForHead = { seq, envelope };
    } else if (error instanceof SnapshotError && code !== 'rollback' && error.seq !== undefined) {
      highestSeq = Math.max(highestSeq, error.seq);
    }
    failure = { seq, reason, code };
    if (active) cache.retain(active.snapshot.rules);
    onEvent({ type: 'failed', seq, code, reason });
    enter('failed');
  };

  /** Opens, compiles and proves first; only then does one assignment change what is enforced. */
  const activate = (envelope: string, source: 'feed' | 'disk', receivedAt: number) => {
    const took = { verified: 0, compiled: 0, tested: 0 };
    const elapsed = () => Math.min(600_000, Math.max(0, performance.now() - receivedAt));
    let sha256 = '';
    const snapshot = openEnvelope(envelope, trust.keys(), {
      minSeq: highestSeq,
      cache,
      // Who has one is held by its number; who has none could be given any that was ever signed.
      ...(!active && source === 'feed' && { accept: ({ seq }) => freshness.requireFresh(seq, sha256) }),
      onPayload: (payload) => {
        sha256 = payloadSha256(payload);
      },
      onStep: (step) => {
        took[step] = elapsed();
      },
    });
    highestSeq = snapshot.seq;
    const current = active?.snapshot;
    const isSameNumber = current?.seq === snapshot.seq;
    const isFork = isSameNumber && !isDeepStrictEqual(current.rules, snapshot.rules);
    // The same ruleset again changes nothing, unless its publisher has signed it anew to prolong it.
    const isKept = isSameNumber && Date.parse(snapshot.issuedAt) <= Date.parse(current.issuedAt);
    if (isFork) {
      const kept = isKept ? current : snapshot;
      forked = `Ruleset ${snapshot.seq} was signed with two contents; the one of ${kept.issuedAt}, which is later, is enforced.`;
      onEvent({ type: 'forked', seq: snapshot.seq, reason: forked });
    } else if (!isSameNumber) forked = undefined;
    if (isKept) {
      if (failure || isFork) {
        failure = undefined;
        enter('active');
      }
      return;
    }
    const { seq, rules } = snapshot;
    const compiled = compileRules(rules, { labels, instanceId, seq, cache });
    onRules(rules);
    active = { snapshot, sha256, compiled, rules: new Map(rules.map((rule) => [rule.id, rule])) };
    goodUntil = Date.parse(snapshot.expiresAt);
    freshAsOf = null;
    confirm();
    waitingForHead = undefined;
    failure = undefined;
    clock.anchor(snapshot.issuedAt);
    cache.retain(rules);
    if (current?.seq !== seq) {
      const { verified: verifiedMs, compiled: compiledMs, tested: testedMs } = took;
      onAdopted(seq, { verifiedMs, compiledMs, testedMs, activeMs: elapsed() });
    }
    onEvent({ type: 'active', seq, rules: rules.length, source });
    enter('active');
    checkStale();
    for (const wake of [...waiting]) wake();
    if (disk && source === 'feed') saving = saving.then(() => disk.saveEnvelope(envelope));
  };

  const load = (envelope: string, receivedAt: number) => {
    if (closed) return;
    try {
      activate(envelope, 'feed', receivedAt);
    } catch (error) {
      refuse(error, envelope);
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

  return {
    cache,
    active: () => active,
    tag: () => (active ? { seq: active.snapshot.seq, sha256: active.sha256 } : null),
    now: () => clock.now(),
    isStale,
    head,
    since: () => since,
    load,
    takeHead: (text) => {
      if (!freshness.take(text)) return;
      confirm();
      if (!active && waitingForHead) load(waitingForHead.envelope, performance.now());
    },
    freshAsOf: () => freshAsOf,
    restore: async () => {
      const envelope = await disk?.loadEnvelope();
      if (!envelope || trust.keys().length === 0 || closed) return;
      try {
        activate(envelope, 'disk', performance.now());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        onEvent({ type: 'disk', message: `The ruleset kept on disk was ignored. ${reason}` });
      }
    },
    checkStale,
    waitFor,
    close: async () => {
      closed = true;
      for (const wake of [...waiting]) wake();
      await saving;
    },
  };
}
