import type { Decision, DecisionRequest } from './decision.ts';
import type { Trouble } from './engine.ts';
import type { OpenBreaker } from './report.ts';
import type { Rule } from './rule.ts';
import {
  FIELD_NAMES,
  type Field,
  isInScope,
  namedIn,
  readingsOf,
  type Shape,
  saidIn,
} from './scope-shape.ts';
import { type Condition, compileWhen } from './when.ts';

/** Hits and decisions count for so long. */
const WINDOW_MS = 10_000;
const BUCKET_MS = 1_000;
/** A hit rate says nothing before so many decisions in scope, and so many hits. */
const MIN_DECISIONS = 20;
const MIN_HITS = 5;
/** So many callers must have hit it, where requests say who calls: one alone must not switch a rule off by hitting it. */
const MIN_CALLERS = 3;
/** One evaluation over budget may be a pause of the garbage collector; so many within the window are the rule. */
const OVERRUNS = 3;

/** Shapes of requests told apart at a time; beyond it a decision counts as in the scope of every rule. */
const MAX_SHAPES = 1_000;

export interface BreakerOptions {
  /** Told once when a rule is demoted. */
  onOpen: (rule: Rule, reason: string) => void;
  /** Of this instance, for conditions. */
  labels?: Readonly<Record<string, string>>;
  /** Milliseconds on a clock that never goes back. */
  monotonic?: () => number;
}

/** Demotes a rule to shadow, in this process alone, when it does what nobody expected of it. */
export interface Breaker {
  /** The rules of a new ruleset. A demoted rule stays so until it comes in another form. */
  load(rules: readonly Rule[]): void;
  /** Counts one decision. */
  decided(request: DecisionRequest, decision: Decision): void;
  trouble(rule: Rule, trouble: Trouble): void;
  /** Ids of the demoted rules: one set, kept up to date. */
  demoted(): ReadonlySet<string>;
  open(): OpenBreaker[];
}

interface Bucket {
  since: number;
  number: number;
  shapes: Map<string, { shapes: Shape[] | null; decisions: number }>;
  hits: Map<string, number>;
  /** Decisions in scope of the rules that have a condition, one by one. */
  met: Map<string, number>;
}

interface Watched {
  rule: Rule;
  json: string;
  when: Condition | undefined;
  /** Hits until its rate is worked out again: a tenth of those it was worked out from. */
  pause: number;
  /** The first bucket that counts for it. */
  from: number;
  overruns: number[];
  /** The last callers that hit it and when, the latest last; at most MIN_CALLERS. '' is one that nobody named. */
  callers: Map<string, number>;
}

function conditionOf({ when }: Rule): Condition | undefined {
  try {
    return when === null ? undefined : compileWhen(when);
  } catch {
    return undefined;
  }
}

/**
 * Counts hits per decision in a rule's scope and under its condition. A rollout to a share of the requests counts that
 * share of the decisions.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { onOpen, labels = {}, monotonic = () => performance.now() } = options;
  const watched = new Map<string, Watched>();
  const demoted = new Set<string>();
  const opened = new Map<string, OpenBreaker & { json: string }>();
  let fields: [Field, ReadonlySet<string>][] = [];
  let conditional: { rule: Rule; when: Condition }[] = [];
  let buckets: Bucket[] = [];
  let number = 0;

  const isMet = (when: Condition, request: DecisionRequest) => {
    try {
      return when(request, labels);
    } catch {
      // A condition that fails is trouble of its own.
      return true;
    }
  };

  const begin = (now: number): Bucket => {
    buckets = buckets.filter(({ since }) => now - since < WINDOW_MS);
    const bucket: Bucket = {
      since: now,
      number: number++,
      shapes: new Map(),
      hits: new Map(),
      met: new Map(),
    };
    buckets.push(bucket);
    return bucket;
  };
  const current = (): Bucket => {
    const now = monotonic();
    const last = buckets.at(-1);
    return last && now - last.since < BUCKET_MS ? last : begin(now);
  };

  /** What the rules' scopes can tell of a request: values that none of them names are one. */
  const shapesOf = (request: DecisionRequest): [string, Shape[]] => {
    let key = `${request.prompt ? 'p' : ''}${request.completion ? 'c' : ''}`;
    const shapes = readingsOf(request).map((reading) => {
      const shape: Shape = { values: {}, prompt: !!request.prompt, completion: !!request.completion };
      for (const [field, named] of fields) {
        const value = saidIn(reading, field);
        const known = named.has(value) ? value : '';
        shape.values[field] = known;
        key += `\u0000${known}`;
      }
      return shape;
    });
    return [key, shapes];
  };

  const trip = (rule: Rule, json: string, reason: string) => {
    if (demoted.has(rule.id)) return;
    demoted.add(rule.id);
    const text = reason.slice(0, 500).toWellFormed();
    opened.set(rule.id, { ruleId: rule.id, reason: text, since: new Date().toISOString(), json });
    onOpen(rule, text);
  };

  const noteCaller = ({ callers }: Watched, caller: string) => {
    callers.delete(caller);
    callers.set(caller, monotonic());
    const [oldest] = callers.keys();
    // Who has no name may be many.
    if (callers.size > MIN_CALLERS && oldest !== undefined) callers.delete(oldest);
  };
  const isHitByMany = ({ callers }: Watched, now: number) => {
    const lately = [...callers].filter(([, at]) => now - at < WINDOW_MS);
    return lately.length >= MIN_CALLERS || lately.some(([caller]) => caller === '');
  };

  const measure = (state: Watched) => {
    if (state.pause > 0) {
      state.pause--;
      return;
    }
    const { rule, json, from, when } = state;
    const limit = rule.breaker?.maxHitRate ?? 1;
    const now = monotonic();
    let hits = 0;
    let decisions = 0;
    for (const bucket of buckets) {
      if (bucket.number < from || now - bucket.since >= WINDOW_MS) continue;
      hits += bucket.hits.get(rule.id) ?? 0;
      if (when) decisions += bucket.met.get(rule.id) ?? 0;
      else
        for (const { shapes, decisions: count } of bucket.shapes.values()) {
          if (!shapes || isInScope(rule, shapes)) decisions += count;
        }
    }
    state.pause = Math.floor(hits / 10);
    if (hits < MIN_HITS || decisions < MIN_DECISIONS) return;
    const share = (decisions * rule.rollout.requests) / 100;
    const rate = Math.min(1, hits / Math.max(share, hits, 1));
    if (rate <= limit || !isHitByMany(state, now)) return;
    const per = (value: number) => `${Number((100 * value).toPrecision(3))} %`;
    trip(
      rule,
      json,
      `It hit ${hits} of about ${Math.max(Math.round(share), hits)} decisions in ten seconds (${per(rate)}); at most ${per(limit)} were expected.`,
    );
  };

  return {
    load: (rules) => {
      const before = new Map(watched);
      watched.clear();
      const fresh = begin(monotonic());
      const named = new Map<Field, Set<string>>();
      for (const rule of rules) {
        const json = JSON.stringify(rule);
        const open = opened.get(rule.id);
        if (open && open.json !== json) {
          opened.delete(rule.id);
          demoted.delete(rule.id);
        }
        if (!rule.breaker) continue;
        const known = before.get(rule.id);
        watched.set(
          rule.id,
          known?.json === json
            ? { ...known, rule }
            : {
                rule,
                json,
                when: conditionOf(rule),
                pause: 0,
                from: fresh.number,
                overruns: [],
                callers: new Map(),
              },
        );
        for (const field of FIELD_NAMES) {
          const values = namedIn(rule, field);
          if (values.length === 0) continue;
          const all = named.get(field) ?? new Set<string>();
          for (const value of values) all.add(value);
          named.set(field, all);
        }
      }
      const ids = new Set(rules.map(({ id }) => id));
      for (const id of [...opened.keys()]) {
        if (ids.has(id)) continue;
        opened.delete(id);
        demoted.delete(id);
      }
      fields = [...named];
      conditional = [...watched.values()].flatMap(({ rule, when }) => (when ? [{ rule, when }] : []));
    },
    decided: (request, decision) => {
      if (watched.size === 0) return;
      const bucket = current();
      const [key, shapes] = shapesOf(request);
      let entry = bucket.shapes.get(key);
      if (!entry) {
        const isRoom = bucket.shapes.size < MAX_SHAPES;
        entry = (isRoom ? undefined : bucket.shapes.get('…')) ?? {
          shapes: isRoom ? shapes : null,
          decisions: 0,
        };
        bucket.shapes.set(isRoom ? key : '…', entry);
      }
      entry.decisions++;
      for (const { rule, when } of conditional) {
        if (!isInScope(rule, shapes) || !isMet(when, request)) continue;
        bucket.met.set(rule.id, (bucket.met.get(rule.id) ?? 0) + 1);
      }
      for (const { id } of decision.rules) {
        const rule = watched.get(id);
        if (!rule) continue;
        bucket.hits.set(id, (bucket.hits.get(id) ?? 0) + 1);
        noteCaller(rule, typeof request.actor === 'string' ? request.actor : '');
        if (!demoted.has(id)) measure(rule);
      }
    },
    trouble: (rule, { kind, message, ms }) => {
      if (demoted.has(rule.id)) return;
      if (kind === 'error') {
        trip(rule, watched.get(rule.id)?.json ?? JSON.stringify(rule), `It failed: ${message}`);
        return;
      }
      // What a request brings about has its answer in `fail.onError`: whoever sends one must not switch rules off.
      if (kind === 'work' || kind === 'condition') return;
      const state = watched.get(rule.id);
      if (!state) return;
      const now = monotonic();
      state.overruns = [...state.overruns.filter((at) => now - at < WINDOW_MS), now];
      if (state.overruns.length < OVERRUNS) return;
      const budget = rule.breaker?.budgetMs ?? 0;
      trip(
        rule,
        state.json,
        `It took longer than its ${budget} ms ${OVERRUNS} times in ten seconds, last ${Math.round(ms * 10) / 10} ms.`,
      );
    },
    demoted: () => demoted,
    open: () => [...opened.values()].map(({ json: _, ...rest }) => rest),
  };
}
