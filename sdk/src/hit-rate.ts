import type { Decision, DecisionRequest } from './decision.ts';
import { isSameRule, type Rule } from './rule.ts';
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

/** Hits and decisions count for so long: a burst is no rate. */
export const WINDOW_MS = 300_000;
const BUCKET_MS = 10_000;
/** A rate says nothing before so many decisions in scope, and so many hits. */
const MIN_DECISIONS = 100;
const MIN_HITS = 20;
/** Shapes of requests told apart at a time; beyond it a decision counts as in the scope of every rule. */
const MAX_SHAPES = 1_000;
/** Callers, and texts, of one rule that are told apart. */
const MAX_DISTINCT = 64;
/** Characters at either end of a text, and its length, by which texts are told apart. */
const TELLING = 512;

/** How often a rule hit lately, and by whom: what an alarm says. */
export interface Evidence {
  hits: number;
  /** In the rule's scope and under its condition, times the share of requests that its rollout asks. */
  decisions: number;
  /** Hits per decision, 0 to 1. */
  rate: number;
  /** Different callers and texts among the hits, `MAX_DISTINCT` at most; one without a name is no caller. */
  callers: number;
  texts: number;
}

interface HitRates {
  load(rules: readonly Rule[]): void;
  /** Counts one decision; answers the watched rules whose rate is worth another look. */
  decided(request: DecisionRequest, decision: Decision): Rule[];
  /** What speaks for a rate above the rule's limit; null while nothing does, or too little is known. */
  above(ruleId: string): Evidence | null;
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
  when: Condition | undefined;
  /** Hits until its rate is worked out again: a tenth of those it was worked out from. */
  pause: number;
  /** The first bucket that counts for it. */
  from: number;
  /** When each was last seen, the latest last. */
  callers: Map<number, number>;
  texts: Map<number, number>;
}

function conditionOf({ when }: Rule): Condition | undefined {
  try {
    return when === null ? undefined : compileWhen(when);
  } catch {
    return undefined;
  }
}

/** FNV-1a, 32 bits. */
function hashOf(...texts: string[]): number {
  let hash = 0x811c9dc5;
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ 0x1_0000, 0x01000193);
  }
  return hash >>> 0;
}

const digest = (text: string) => hashOf(text.slice(0, TELLING), text.slice(-TELLING), String(text.length));

function note(seen: Map<number, number>, what: number, now: number): void {
  seen.delete(what);
  seen.set(what, now);
  const [oldest] = seen.keys();
  if (seen.size > MAX_DISTINCT && oldest !== undefined) seen.delete(oldest);
}

/**
 * Counts hits per decision in a rule's scope and under its condition, over all traffic of this process. A rollout to a
 * share of the requests counts that share of the decisions.
 */
export function createHitRates(labels: Readonly<Record<string, string>>, monotonic: () => number): HitRates {
  const watched = new Map<string, Watched>();
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
    const part = { prompt: !!request.prompt, completion: !!request.completion };
    const shapes = new Map<string, Shape>();
    for (const reading of readingsOf(request)) {
      const shape: Shape = { values: {}, ...part };
      let key = '';
      for (const [field, named] of fields) {
        const value = saidIn(reading, field);
        const known = named.has(value) ? value : '';
        shape.values[field] = known;
        key += `\u0000${known}`;
      }
      // A name full of `@` is read in hundreds of ways, of which hardly any is in a scope.
      shapes.set(key, shape);
    }
    const key = `${part.prompt ? 'p' : ''}${part.completion ? 'c' : ''}${[...shapes.keys()].sort().join('\u0001')}`;
    return [key, [...shapes.values()]];
  };

  const above = (ruleId: string): Evidence | null => {
    const state = watched.get(ruleId);
    if (!state) return null;
    const { rule, from, when } = state;
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
    if (hits < MIN_HITS || decisions < MIN_DECISIONS) return null;
    const share = Math.max(Math.round((decisions * rule.rollout.requests) / 100), hits);
    const rate = hits / share;
    if (rate <= (rule.breaker?.maxHitRate ?? 1)) return null;
    const lately = (seen: Map<number, number>) =>
      [...seen.values()].filter((at) => now - at < WINDOW_MS).length;
    return { hits, decisions: share, rate, callers: lately(state.callers), texts: lately(state.texts) };
  };

  return {
    above,
    load: (rules) => {
      const before = new Map(watched);
      watched.clear();
      // What was decided before a rule came says nothing of it.
      const fresh = begin(monotonic());
      const named = new Map<Field, Set<string>>();
      for (const rule of rules) {
        if (!rule.breaker) continue;
        const known = before.get(rule.id);
        watched.set(
          rule.id,
          known && isSameRule(known.rule, rule)
            ? { ...known, rule }
            : {
                rule,
                when: conditionOf(rule),
                pause: 0,
                from: fresh.number,
                callers: new Map(),
                texts: new Map(),
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
      fields = [...named];
      conditional = [...watched.values()].flatMap(({ rule, when }) => (when ? [{ rule, when }] : []));
    },
    decided: (request, decision) => {
      if (watched.size === 0) return [];
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
      const due: Rule[] = [];
      const now = monotonic();
      for (const { id, target } of decision.rules) {
        const state = watched.get(id);
        if (!state) continue;
        bucket.hits.set(id, (bucket.hits.get(id) ?? 0) + 1);
        if (typeof request.actor === 'string' && request.actor !== '') {
          note(state.callers, hashOf(request.actor), now);
        }
        note(state.texts, digest((target === 'prompt' ? request.prompt : request.completion) ?? ''), now);
        if (state.pause-- <= 0) due.push(state.rule);
      }
      return due;
    },
  };
}
