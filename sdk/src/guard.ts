import { createBreaker } from './breaker.ts';
import { type DecideOptions, type Decision, type DecisionRequest, resolve } from './decision.ts';
import { createDimensions } from './dimensions.ts';
import { createDisk } from './disk.ts';
import { type CompiledRules, findHits, type Trouble } from './engine.ts';
import type { GuardEvent } from './events.ts';
import { failedDecision, unreadHits } from './failure.ts';
import { follow } from './follow.ts';
import { createFreshness, type FreshnessMode } from './freshness.ts';
import { checkedOptions } from './guard-options.ts';
import { createLive } from './live.ts';
import { Subject } from './match.ts';
import { claimedTag, followNats } from './nats.ts';
import type { NatsOptions } from './nats-options.ts';
import { type RankResult, rank } from './rank.ts';
import type { InstanceKind, InstanceState } from './report.ts';
import { coveredCall, createReporter } from './reporter.ts';
import { createReader, type ReadRequest, unreadWords } from './request.ts';
import type { Rule, Snapshot } from './rule.ts';
import { createSampler } from './sampler.ts';
import { selfTest } from './self-test.ts';
import { createGuardStream, type GuardStream, type StreamOptions } from './stream.ts';
import { createJudge, type JudgeSource } from './stream-judge.ts';
import { createStreamSets, type StreamSet } from './stream-set.ts';
import { isNews } from './tag.ts';
import { createTrust } from './trust.ts';
import { createWarner } from './warn.ts';

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
  /**
   * Whether a first ruleset needs a signed head that says it is the newest: without it, whoever stands between could serve
   * an old one. `required` where `publicKey` is given, else `when-offered`.
   */
  freshness?: FreshnessMode;
  /** How old that head may be, milliseconds; ten minutes. More for instances that start behind a relay that is cut off. */
  headMaxAgeMs?: number;
  /**
   * A JetStream key-value bucket that rulesets come from too, also while the feed is away; reports still go to the
   * feed. Needs the packages `@nats-io/transport-node` and `@nats-io/kv`, and `close` before the process can end.
   */
  nats?: NatsOptions;
  /** What reports say this process is; `sdk` unless it serves others. */
  kind?: InstanceKind;
  /** Whether texts that a sampled rule hit go back to the review queue; true unless told otherwise. */
  samples?: boolean;
  /**
   * What happens to a request with a field that no request has, such as `modle`: the event `unknown_field`, once for each
   * name, or a `TypeError` from the call that brought it. `report` unless told otherwise.
   */
  unknownFields?: 'report' | 'throw';
  /** Left out, what is wrong is said on standard error. */
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
  /** When that ruleset was last known to be the newest; null when nothing has said so. */
  freshAsOf: Date | null;
}

export interface GuardRuleset {
  snapshot: Snapshot;
  compiled: CompiledRules;
  /** The time by which rules start and end here. */
  now: Date;
  /** Ids of rules that this instance has demoted to shadow. */
  demoted: ReadonlySet<string>;
  /** It has heard nothing newer for longer than the ruleset is good for. */
  stale: boolean;
}

export interface Guard {
  /** Resolves once a ruleset is active, or after 2 s without one. Never rejects because the feed is away. */
  start(): Promise<void>;
  /**
   * Decides one interaction from memory: no input or output, and `allow` while no ruleset is active. Never throws, unless
   * `unknownFields` says so: what cannot be judged, or read, falls under the fail modes of the rules.
   */
  decide(request: DecisionRequest, options?: DecideOptions): Decision;
  /**
   * Lets an answer through while it is being written, as far as no rule can still hit it. Decides what `decide` would
   * decide of `context` with the whole answer.
   */
  stream(context: DecisionRequest, options?: StreamOptions): GuardStream;
  /** Decides each of several answers to one request: which may be served, and in which order. */
  rank(candidates: readonly string[], context: DecisionRequest): RankResult;
  /** Counts one call through a contract of a serving layer; `unread` names the fields of it that nobody could read. */
  coverage(...call: Parameters<typeof coveredCall>): void;
  status(): GuardStatus;
  /** What `decide` reads right now, for a reader that must not count as a decision; null while there is none. */
  ruleset(): GuardRuleset | null;
  /** True as soon as ruleset `seq` or a later one is active; false after `timeoutMs`. */
  waitForSeq(seq: number, timeoutMs: number): Promise<boolean>;
  /**
   * Sends the last counters and says goodbye (2 s at most), and lets go of every timer and socket. `decide` keeps
   * working. A process that ends without it counts as silent until a person retires it.
   */
  close(): Promise<void>;
}

const START_WAIT_MS = 2_000;
const STALE_CHECK_MS = 1_000;
const FLUSH_MS = 2_000;

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * A guard follows one feed and decides by the newest ruleset that proved itself.
 * Throws a `TypeError` at once for options that cannot work (a malformed address, an empty key); never later because of
 * the feed.
 */
export function createGuard(options: GuardOptions): Guard {
  const { feedUrl, apiKey, instanceId, labels, freshness: mode, headMaxAgeMs } = checkedOptions(options);
  const listener = options.onEvent ?? createWarner();
  const onEvent = (event: GuardEvent) => {
    try {
      listener(event);
    } catch {
      // A listener's fault must not stop enforcement.
    }
  };
  const onProblem = (reason: string) => onEvent({ type: 'report_failed', reason });
  const disk =
    options.dir === undefined
      ? undefined
      : createDisk(options.dir, (message) => onEvent({ type: 'disk', message }));
  const trust = createTrust({ feedUrl, apiKey, publicKey: options.publicKey, disk, onEvent });
  const breaker = createBreaker({
    labels,
    onOpen: ({ id, ref }, reason) => {
      onEvent({ type: 'breaker_open', ruleId: id, ref, reason });
      reporter.changed();
    },
    onAlarm: ({ id, ref }, reason) => {
      onEvent({ type: 'rule_alarm', ruleId: id, ref, reason });
      reporter.changed();
    },
    selfTest: (rule) => selfTest(rule, (each) => live.cache.compile(each)),
  });
  const dimensions = createDimensions();
  const freshness = createFreshness({ keys: trust.keys, mode, maxAgeMs: headMaxAgeMs });
  const live = createLive({
    instanceId,
    labels,
    trust,
    freshness,
    disk,
    onEvent,
    onChange: () => reporter.changed(),
    onRules: (rules) => {
      breaker.load(rules);
      dimensions.load(rules);
    },
    onAdopted: (seq, steps) => reporter.adopted(seq, steps),
  });
  const reporter = createReporter({
    feedUrl,
    apiKey,
    instanceId,
    labels,
    kind: options.kind,
    breakers: breaker.open,
    alarms: breaker.alarms,
    unnamed: dimensions.unnamed,
    head: live.head,
    clock: live.now,
    onProblem,
  });
  const sampler =
    options.samples === false
      ? undefined
      : createSampler({
          feedUrl,
          apiKey,
          instanceId,
          rule: (id) => live.active()?.rules.get(id),
          locate: (rule, text, language) => live.cache.compile(rule).find(new Subject(text, language), 1)[0],
          onProblem,
          onDropped: (count) => onEvent({ type: 'samples_dropped', count }),
        });

  let following: { close(): Promise<void> } | undefined;
  let followingNats: { close(): Promise<void> } | undefined;
  let staleCheck: NodeJS.Timeout | undefined;
  let starting: Promise<void> | undefined;
  let closed = false;

  /** Everything that learns of a decision. Must not throw. */
  const record = (request: DecisionRequest, decision: Decision, at: Date, kept = request) => {
    try {
      reporter.count(decision, at);
      breaker.decided(request, decision);
      dimensions.decided(request);
      if (decision.rules.length > 0) sampler?.offer(kept, decision, at);
    } catch (error) {
      onEvent({ type: 'judge_failed', reason: `A decision was not counted: ${reasonOf(error)}` });
    }
  };

  /** Rules that could not judge some request, told once for each ruleset. */
  let unjudged = { seq: 0, ids: new Set<string>() };
  const onTrouble = (rule: Rule, trouble: Trouble) => {
    breaker.trouble(rule, trouble);
    if (trouble.kind === 'budget') return;
    const seq = live.active()?.snapshot.seq ?? 0;
    if (unjudged.seq !== seq) unjudged = { seq, ids: new Set() };
    if (unjudged.ids.has(rule.id)) return;
    unjudged.ids.add(rule.id);
    onEvent({ type: 'judge_failed', reason: `${rule.ref} did not judge a text. ${trouble.message}` });
  };

  const read = createReader(options.unknownFields ?? 'report', onEvent);

  const judge = (asked: ReadRequest, now: Date, json: boolean): Decision => {
    const active = live.active();
    if (!active) return { verdict: 'allow', rules: [], seq: 0 };
    const { compiled, snapshot } = active;
    const demoted = breaker.demoted();
    try {
      const evaluation = { stale: live.isStale(), demoted, onTrouble, bare: true, json };
      const hits = findHits(compiled, asked.request, now, evaluation);
      if (asked.unread.size > 0) {
        onEvent({ type: 'judge_failed', reason: unreadWords(asked) });
        hits.push(...unreadHits(snapshot.rules, asked, { now, demoted }));
      }
      return resolve(hits, asked.request, snapshot.seq);
    } catch (error) {
      onEvent({ type: 'judge_failed', reason: reasonOf(error) });
      return failedDecision(snapshot.rules, asked, snapshot.seq, { now, demoted });
    }
  };

  const decideRead = (
    asked: ReadRequest,
    { json = false, uncounted = false }: DecideOptions = {},
  ): Decision => {
    const now = live.now();
    const decision = judge(asked, now, json);
    if (!uncounted) record(asked.request, decision, now);
    return decision;
  };

  const makeStreamSet = createStreamSets({ labels, instanceId, cache: live.cache });
  let streamSet: { of: CompiledRules; set: StreamSet } | undefined;
  const setNow = (): StreamSet | undefined => {
    const active = live.active();
    if (!active) return undefined;
    if (streamSet?.of !== active.compiled) {
      streamSet = { of: active.compiled, set: makeStreamSet(active.compiled) };
    }
    return streamSet.set;
  };

  const stream = (given: DecisionRequest, streamOptions?: StreamOptions): GuardStream => {
    const asked = read(given);
    const context = asked.request;
    const source: JudgeSource = {
      unread: () => {
        // An answer is on its way.
        const answered = { ...asked, request: { ...context, completion: ' ' } };
        const rules = live.active()?.snapshot.rules ?? [];
        return unreadHits(rules, answered, { now: live.now(), demoted: breaker.demoted() });
      },
      set: setNow,
      now: live.now,
      stale: live.isStale,
      demoted: breaker.demoted,
      onTrouble,
      onFault: (error) => onEvent({ type: 'judge_failed', reason: reasonOf(error) }),
    };
    const answer = createJudge(context, source, { json: streamOptions?.json });
    reporter.streamed({ streams: 1 });
    return createGuardStream(
      answer,
      {
        onChunk: reporter.streamed,
        onDone: (decision) => {
          if (decision.verdict === 'block') reporter.streamed({ blocked: 1 });
          const kept = { ...context, completion: answer.written() };
          // That there was an answer counts, whether its text was kept or not.
          const seen = answer.hasText ? { ...context, completion: ' ' } : context;
          record(seen, decision, live.now(), kept);
        },
      },
      streamOptions,
    );
  };

  const begin = async () => {
    if (disk) {
      await trust.restore();
      await live.restore();
    }
    if (closed) return;
    staleCheck = setInterval(live.checkStale, STALE_CHECK_MS).unref();
    following = follow({
      feedUrl,
      apiKey,
      instanceId,
      // A stale set asks anew: its publisher may have prolonged it under the same number.
      known: () => (live.isStale() ? null : live.tag()),
      onSnapshot: live.load,
      onHead: live.takeHead,
      onFeedTime: freshness.tell,
      onEvent,
      prepare: trust.ensure,
    });
    if (options.nats) {
      followingNats = followNats({
        nats: options.nats,
        // Two ways, one ruleset: what came the other way already, or is older, is no news and no fault.
        onSnapshot: (envelope) => {
          const claimed = claimedTag(envelope);
          // The very same again is news only after something that could not be loaded.
          const isMended = claimed?.seq === live.tag()?.seq && live.head()?.state === 'failed';
          if (claimed && (isMended || isNews(claimed, live.tag()))) live.load(envelope, performance.now());
        },
        onHead: live.takeHead,
        onEvent,
        prepare: trust.ensure,
      });
    }
    if ((await live.waitFor(1, START_WAIT_MS)) || closed) return;
    const why = live.head()?.reason;
    const reason = why
      ? `No ruleset counts yet: until one does, everything is allowed. ${why}`
      : 'No ruleset has come yet: until one does, everything is allowed.';
    onEvent({ type: 'no_ruleset', reason });
  };

  return {
    start: () => {
      starting ??= begin();
      return starting;
    },
    decide: (request, how) => decideRead(read(request), how),
    stream,
    rank: (candidates, given) => {
      const asked = read(given);
      return rank(candidates, asked.request, (request) => decideRead({ ...asked, request }));
    },
    coverage: (...call) => reporter.covered(coveredCall(...call)),
    status: () => {
      const now = live.head();
      return {
        seq: live.active()?.snapshot.seq ?? 0,
        state: now?.state ?? 'starting',
        ...(now?.reason === undefined ? {} : { reason: now.reason }),
        rules: live.active()?.snapshot.rules.length ?? 0,
        since: live.since(),
        freshAsOf: live.freshAsOf(),
      };
    },
    ruleset: () => {
      const active = live.active();
      if (!active) return null;
      const { snapshot, compiled } = active;
      return { snapshot, compiled, now: live.now(), demoted: breaker.demoted(), stale: live.isStale() };
    },
    waitForSeq: live.waitFor,
    close: async () => {
      if (closed) return;
      closed = true;
      clearInterval(staleCheck);
      const saved = live.close();
      await Promise.all([following?.close(), followingNats?.close()]);
      await Promise.all([reporter.close(FLUSH_MS), sampler?.close(FLUSH_MS)]);
      await saved;
    },
  };
}

/** A guard that has started: with a ruleset, or without one because none came within 2 s. Throws like `createGuard`. */
export async function connect(options: GuardOptions): Promise<Guard> {
  const guard = createGuard(options);
  await guard.start();
  return guard;
}
