import { type CompiledRule, type CompiledRules, PARTS, type Reads } from './compiled.ts';
import { budgetFor } from './cost.ts';
import { type Decision, type DecisionRequest, type Hit, resolve, type TextPart, textOf } from './decision.ts';
import { whenItFails } from './effects.ts';
import { jsonReadings } from './json-text.ts';
import { Subject } from './match.ts';
import { redact } from './redact.ts';
import { rolloutBucket } from './rollout.ts';
import type { FailMode, Rule } from './rule.ts';
import { requestKey, type ScopeGroup } from './scope.ts';
import type { Sightings } from './sweep.ts';
import { OutOfWork, shareOf, type Work, workFor } from './work.ts';

export { type CompiledRules, type CompileOptions, compileRules } from './compiled.ts';
export type { Decision, DecisionRequest, Hit, RuleHit, TextPart, Verdict } from './decision.ts';
export { costOf, lintRule, runVectors } from './lint.ts';
export { type Span, textMatcher } from './match.ts';
export { type CachedRule, RuleCache } from './rule-cache.ts';

/** What went wrong with one rule in one decision. */
export interface Trouble {
  /**
   * It threw; its condition could not be told of this request; it was not judged because the text used up the work of a
   * decision; or it overran its `breaker.budgetMs`. The second and third are the request's doing, not the rule's.
   */
  kind: 'error' | 'condition' | 'work' | 'budget';
  message: string;
  /** How long the rule took, where that was measured. */
  ms: number;
}

/** Trouble as something to throw. */
export class TroubleError extends Error {
  readonly kind: Trouble['kind'];

  constructor({ kind, message }: Pick<Trouble, 'kind' | 'message'>) {
    super(message);
    this.kind = kind;
  }
}

export interface EvaluateOptions {
  /** The ruleset is older than it is good for: rules that do not hit apply their `fail.onStale`. */
  stale?: boolean;
  /** Ids of rules that count as shadow here. */
  demoted?: ReadonlySet<string>;
  /** Whether each string of JSON in the texts is judged too, as its reader reads it; of what rules remove, what they leave. */
  json?: boolean;
  /** Told of every rule that threw or overran its time; must not throw. */
  onTrouble?: (rule: Rule, trouble: Trouble) => void;
}

interface FindOptions extends EvaluateOptions {
  /** Rules that do not redact stop at their first span. */
  firstOnly?: boolean;
  /** Rules that do not redact give no spans at all: the cheapest, and all that a decision needs. */
  bare?: boolean;
  /** Whether anybody asks for the rule; for every rule unless given. */
  wanted?: (rule: Rule) => boolean;
}

/** A rule and a part of the request as one number, in the order of the hits. */
const BOTH = PARTS.length;

const NO_SPANS: Hit['spans'] = [];
const NONE = new Int32Array(0);

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** One request on its way through the rules: its parts, or what else they are read as, one text after the other. */
class Search {
  hits: Hit[] = [];
  readonly #compiled: CompiledRules;
  readonly #request: DecisionRequest;
  readonly #options: FindOptions;
  readonly #at: number;
  readonly #round: number;
  readonly #groups: readonly ScopeGroup[];
  readonly #reads: (Reads | undefined)[] = [];
  #subjects: (Subject | null)[] = [];
  #sightings: (Sightings | undefined)[] = [];
  #keys: number[] = [];
  #work: Work = { units: 0, most: 0 };
  #most = 0;

  constructor(compiled: CompiledRules, request: DecisionRequest, now: Date, options: FindOptions) {
    this.#compiled = compiled;
    this.#request = request;
    this.#options = options;
    this.#at = now.getTime();
    const { groups, round } = compiled.scopes.select(request);
    this.#groups = groups;
    this.#round = round;
  }

  #subject(text: string | null): Subject | null {
    return text === null ? null : new Subject(text, this.#request.language);
  }

  #begin(subjects: (Subject | null)[]): void {
    this.#subjects = subjects;
    let length = 0;
    for (const subject of subjects) length += subject?.text.length ?? 0;
    this.#most = workFor(length);
    this.#work = { units: 0, most: 0 };
    this.#sightings = [];
    this.#keys = [];
    this.hits = [];
  }

  /** What the groups of this request need to be found by in a part; of the rules that are always candidates those that apply. */
  #readsOf(index: number): Reads {
    let reads = this.#reads[index];
    if (!reads) {
      reads = { sieves: new Set(), always: [] };
      const part = PARTS[index] as TextPart;
      for (const group of this.#groups) {
        const all = this.#compiled.reads.get(group)?.[index];
        if (!all) continue;
        for (const sieve of all.sieves) reads.sieves.add(sieve);
        for (const place of all.always) if (this.#applies(place, part)) reads.always.push(place);
      }
      this.#reads[index] = reads;
    }
    return reads;
  }

  #isWanted(rule: Rule): boolean {
    const { wanted } = this.#options;
    return wanted === undefined || wanted(rule);
  }

  /** Target, scope, time and the share of requests: all that costs nothing and is asked before any text is read. */
  #applies(place: number, part: TextPart): boolean {
    const { rule, group, startsAt, expiresAt, partial } = this.#compiled.rules[place] as CompiledRule;
    if (group.round !== this.#round || (rule.target !== 'both' && rule.target !== part)) return false;
    if (!this.#isWanted(rule)) return false;
    if (this.#at < startsAt || this.#at >= expiresAt) return false;
    return !partial || rolloutBucket(rule.id, requestKey(this.#request)) < rule.rollout.requests;
  }

  /** Rules and parts that may hit, in order. */
  #candidates(): Int32Array {
    const { rules, sweep } = this.#compiled;
    let found: Set<number> | undefined;
    for (let index = 0; index < PARTS.length; index++) {
      const subject = this.#subjects[index];
      if (!subject) continue;
      const { sieves, always } = this.#readsOf(index);
      const applies = (place: number) => this.#applies(place, PARTS[index] as TextPart);
      const add = (place: number) => {
        found ??= new Set();
        found.add(place * BOTH + index);
      };
      for (const place of always) if (this.#isWanted((rules[place] as CompiledRule).rule)) add(place);
      this.#sightings[index] = sweep.run(subject, sieves, applies, (place) => {
        if (found?.has(place * BOTH + index) !== true && applies(place)) add(place);
      });
    }
    return found === undefined ? NONE : Int32Array.from(found).sort();
  }

  #hit({ rule }: CompiledRule, target: TextPart, spans: Hit['spans'], fail?: FailMode) {
    const { id, ref } = rule;
    const mode = this.#options.demoted?.has(id) ? 'shadow' : rule.mode;
    const effect = fail === undefined ? rule : whenItFails(rule, fail);
    if (effect)
      this.hits.push({ id, ref, action: effect.action, mode, parameters: effect.parameters, target, spans });
  }

  /** Null where the rule does not hit. */
  #spans(
    { rule, test, find }: CompiledRule,
    place: number,
    index: number,
    subject: Subject,
  ): Hit['spans'] | null {
    const { bare, firstOnly, demoted } = this.#options;
    const sightings = this.#sightings[index];
    const seen = (list: number) => sightings?.of(place, list) ?? null;
    if (!sightings?.isCertain(place) && !test(subject, seen, this.#work)) return null;
    const whole = rule.action === 'redact' && rule.mode === 'enforce' && !demoted?.has(rule.id);
    if (bare && !whole) return NO_SPANS;
    const spans = find(subject, firstOnly && !whole ? 1 : undefined);
    return spans.length > 0 ? spans : null;
  }

  /**
   * A rule over one part. Where its condition cannot be told, only a text that it would hit is in question. Says no where
   * its share of the work did not do, unless that was all there is.
   */
  #judge(key: number, share: number): boolean {
    const place = Math.floor(key / BOTH);
    const index = key % BOTH;
    const subject = this.#subjects[index] as Subject;
    const compiled = this.#compiled.rules[place] as CompiledRule;
    const { rule, when } = compiled;
    const { onTrouble } = this.#options;
    const target = PARTS[index] as TextPart;
    const start = rule.breaker && onTrouble ? performance.now() : 0;
    let failure: { kind: Trouble['kind']; error: unknown } | undefined;
    let spans: Hit['spans'] | null = null;
    try {
      if (when && !when(this.#request, this.#compiled.labels)) return true;
    } catch (error) {
      failure = { kind: 'condition', error };
    }
    this.#work.most = Math.min(this.#most, this.#work.units + share);
    try {
      spans = this.#spans(compiled, place, index, subject);
    } catch (error) {
      if (error instanceof OutOfWork && share < this.#most) return false;
      failure = { kind: error instanceof OutOfWork ? 'work' : 'error', error };
      spans = [];
    }
    const ms = rule.breaker && onTrouble ? performance.now() - start : 0;
    if (failure && spans) {
      // Before anybody hears of it: who demotes the rule for this must not take its fail mode from this very text.
      this.#hit(compiled, target, [], rule.fail.onError);
      onTrouble?.(rule, { kind: failure.kind, message: reasonOf(failure.error), ms });
    } else if (spans) this.#hit(compiled, target, spans);
    const budget = budgetFor(rule, subject.text.length);
    if (rule.breaker && onTrouble && ms > budget) {
      const message = `took ${ms.toFixed(1)} ms of ${budget.toFixed(0)} ms`;
      onTrouble(rule, { kind: 'budget', message, ms });
    }
    while (this.#keys.length < this.hits.length) this.#keys.push(key);
    return true;
  }

  /** First every rule with its share of the work, then those for which that did not do with what is left, in order. */
  #judgeAll(): void {
    const candidates = this.#candidates();
    if (candidates.length === 0) return;
    const later: number[] = [];
    const share = shareOf(this.#most, candidates.length);
    for (const key of candidates) if (!this.#judge(key, share)) later.push(key);
    if (later.length === 0) return;
    for (const key of later) this.#judge(key, this.#most);
    const order = this.hits.map((hit, at) => ({ hit, key: this.#keys[at] as number }));
    order.sort((a, b) => a.key - b.key);
    for (const [at, { hit }] of order.entries()) this.hits[at] = hit;
  }

  /** Rules in scope that did not hit, by what they say of a ruleset that is too old. */
  #stale(): void {
    const hit = new Set(this.hits.map(({ id }) => id));
    const places = this.#groups.flatMap(({ members }) => members).sort((a, b) => a - b);
    for (const place of places) {
      const compiled = this.#compiled.rules[place] as CompiledRule;
      const { rule } = compiled;
      if (rule.fail.onStale === 'open' || hit.has(rule.id)) continue;
      const part = PARTS.find((each, index) => this.#subjects[index] && this.#applies(place, each));
      if (part === undefined) continue;
      try {
        if (compiled.when && !compiled.when(this.#request, this.#compiled.labels)) continue;
      } catch {
        // It may apply, and nobody can say that it need not.
      }
      this.#hit(compiled, part, [], rule.fail.onStale);
    }
  }

  run(): Hit[] {
    if (this.#groups.length === 0) return [];
    this.#begin(PARTS.map((part) => this.#subject(textOf(this.#request, part))));
    this.#judgeAll();
    if (this.#options.stale) this.#stale();
    return this.hits;
  }

  /** Judges a text in place of the part that it is another reading of. */
  read(of: TextPart, text: string): readonly Hit[] {
    if (this.#groups.length === 0) return [];
    const { sieves, always } = this.#readsOf(PARTS.indexOf(of));
    if (always.length === 0 && this.#compiled.sweep.holdsNothing(text, sieves)) return [];
    const subject = this.#subject(text);
    this.#begin(of === 'prompt' ? [subject, null] : [null, subject]);
    this.#judgeAll();
    return this.hits;
  }
}

/**
 * Every rule that hits, per part, with its spans, in the order of the rules. Rules not started or expired at `now`
 * never hit. A rule that throws, or for which the text leaves no work, counts as its `fail.onError` says, without spans.
 */
export function findHits(
  compiled: CompiledRules,
  request: DecisionRequest,
  now: Date,
  options: FindOptions = {},
): Hit[] {
  const hits = new Search(compiled, request, now, options).run();
  return options.json || request.readings ? withReadings(hits, compiled, request, now, options) : hits;
}

const isRemoval = ({ action, mode }: Pick<Hit, 'action' | 'mode'>) =>
  action === 'redact' && mode === 'enforce';

/**
 * Adds the rules that hit another reading of a part, and did not hit the part itself. Rules that remove something look
 * at the JSON that they leave together: where one of them hits that, it stops the text.
 */
function withReadings(
  hits: Hit[],
  compiled: CompiledRules,
  request: DecisionRequest,
  now: Date,
  options: FindOptions,
): Hit[] {
  const inJson = (texts: readonly string[]) =>
    options.json ? texts.flatMap((text) => jsonReadings(text).texts) : [];
  const removes = (rule: Rule) => isRemoval(rule) && options.demoted?.has(rule.id) !== true;
  const found = [...hits];
  let isChanged = false;
  for (const part of PARTS) {
    const text = textOf(request, part) ?? '';
    const given = request.readings?.[part] ?? [];
    const own = hits.filter(({ target }) => target === part);
    const removals = own.filter(isRemoval);
    const known = new Set(own.map(({ id }) => id));
    const look = (texts: readonly string[], wanted: (rule: Rule) => boolean) =>
      readingHits(compiled, request, part, texts, now, { ...options, wanted }, (hit) => {
        const at = found.findIndex(({ id, target }) => id === hit.id && target === part);
        found.splice(at < 0 ? found.length : at, 1, hit);
        known.add(hit.id);
        isChanged = true;
      });
    const isNew = ({ id }: Rule) => !known.has(id);
    if (removals.length === 0) {
      look([...given, ...inJson([text, ...given])], isNew);
      continue;
    }
    look([...given, ...inJson(given)], isNew);
    look(inJson([text]), (rule) => isNew(rule) && !removes(rule));
    for (const { id } of removals) known.delete(id);
    look(inJson([redact(text, removals)]), (rule) => isNew(rule) && removes(rule));
  }
  if (!isChanged) return hits;
  const order = new Map(compiled.rules.map(({ rule }, place) => [rule.id, place]));
  return found.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
}

/** Tells of the rules that hit other readings of a part, each judged by itself, and which of them. */
export function readingHits(
  compiled: CompiledRules,
  request: DecisionRequest,
  part: TextPart,
  texts: readonly string[],
  now: Date,
  options: Omit<FindOptions, 'stale'>,
  found: (hit: Hit, index: number) => void,
): void {
  if (texts.length === 0) return;
  const search = new Search(compiled, request, now, options);
  for (const [index, text] of texts.entries()) {
    for (const hit of search.read(part, text)) {
      // Its place is in no text that anybody serves.
      const stops = isRemoval(hit) ? ({ action: 'block', parameters: {} } as const) : {};
      found({ ...hit, ...stops, spans: [] }, index);
    }
  }
}

/** Decides one interaction. Pure: the same rules, request, time and options give the same decision. */
export function evaluate(
  compiled: CompiledRules,
  request: DecisionRequest,
  now: Date,
  options: EvaluateOptions = {},
): Decision {
  return resolve(findHits(compiled, request, now, { ...options, bare: true }), request, compiled.seq);
}
