import type { Decision, DecisionRequest } from './decision.ts';
import type { Trouble } from './engine.ts';
import { createHitRates, type Evidence, WINDOW_MS } from './hit-rate.ts';
import type { OpenBreaker } from './report.ts';
import { isSameRule, type Rule } from './rule.ts';

/** One evaluation over budget may be a pause of the garbage collector; so many within the window are the rule. */
const OVERRUNS = 3;
/** The self-test of one rule is run again no sooner, and those of two rules no closer together. */
const SAME_AGAIN_MS = 60_000;
const APART_MS = 1_000;

interface BreakerOptions {
  /** Told once when a rule is demoted. */
  onOpen: (rule: Rule, reason: string) => void;
  /** Told once when something about a rule is out of the ordinary; it goes on as it is. */
  onAlarm: (rule: Rule, reason: string) => void;
  /** What is wrong with a rule by texts that no caller wrote; null for nothing. Must not throw. */
  selfTest: (rule: Rule) => string | null;
  /** Of this instance, for conditions. */
  labels?: Readonly<Record<string, string>>;
  /** Milliseconds on a clock that never goes back. */
  monotonic?: () => number;
}

/**
 * Watches what rules do in this process. What requests bring about (hits above the limit, texts that are slow or that a
 * rule throws on) raises an alarm and never demotes: whoever sends requests could otherwise switch rules off. Trouble
 * makes the rule prove itself on texts that no caller wrote; one that fails there, and fails open, is demoted to shadow.
 */
interface Breaker {
  /** The rules of a new ruleset. A demoted rule stays so until it comes in another form. */
  load(rules: readonly Rule[]): void;
  /** Counts one decision. */
  decided(request: DecisionRequest, decision: Decision): void;
  trouble(rule: Rule, trouble: Trouble): void;
  /** Ids of the demoted rules: one set, kept up to date. */
  demoted(): ReadonlySet<string>;
  open(): OpenBreaker[];
  /** What is out of the ordinary now. */
  alarms(): OpenBreaker[];
}

type Kept = { rule: Rule; told: OpenBreaker };
type Alarm = Kept & { kind: 'rate' | Trouble['kind']; at: number };

const per = (value: number) => `${Number((100 * value).toPrecision(3))} %`;
const distinct = (count: number, what: string) =>
  `${count >= 64 ? '64 or more' : count} ${what}${count === 1 ? '' : 's'}`;

/** What was seen, and by what measure. */
function rateReason({ breaker }: Rule, { hits, decisions, rate, callers, texts }: Evidence): string {
  const by = callers === 0 ? 'callers that gave no name' : distinct(callers, 'named caller');
  return (
    `It hit ${hits} of about ${decisions} decisions in its scope in five minutes (${per(rate)}), ` +
    `${distinct(texts, 'different text')} from ${by}; at most ${per(breaker?.maxHitRate ?? 1)} were expected. It stays as it is.`
  );
}

/** Without the error's own words, which may hold some of the text. */
function troubleReason({ fail, breaker }: Rule, kind: Trouble['kind']): string {
  if (kind === 'budget') {
    return `It took longer than its ${breaker?.budgetMs ?? 0} ms ${OVERRUNS} times in five minutes. It stays as it is.`;
  }
  const what = {
    error: 'It failed on a text.',
    work: 'It did not judge a text, which used up the work of a decision.',
    condition: 'Its condition could not be told of a request.',
  }[kind];
  const then = { open: 'goes through', require_review: 'goes to review', closed: 'is stopped' }[fail.onError];
  return `${what} What it cannot judge ${then}; all else is judged.`;
}

const alarmKey = (id: string, kind: Alarm['kind']) => `${id} ${kind}`;

export function createBreaker(options: BreakerOptions): Breaker {
  const { onOpen, onAlarm, selfTest, labels = {}, monotonic = () => performance.now() } = options;
  const rates = createHitRates(labels, monotonic);
  const demoted = new Set<string>();
  const opened = new Map<string, Kept>();
  const alarms = new Map<string, Alarm>();
  const overruns = new Map<string, number[]>();
  const tested = new Map<string, number>();
  let rules = new Map<string, Rule>();
  let lastTest = Number.NEGATIVE_INFINITY;

  const kept = (rule: Rule, reason: string): Kept => ({
    rule,
    told: { ruleId: rule.id, reason: reason.slice(0, 500).toWellFormed(), since: new Date().toISOString() },
  });
  /** Whether the rule is still there in the form in which something was said of it. */
  const isThere = ({ rule }: Pick<Kept, 'rule'>) => {
    const now = rules.get(rule.id);
    return now !== undefined && isSameRule(now, rule);
  };

  const demote = (rule: Rule, reason: string) => {
    if (demoted.has(rule.id)) return;
    demoted.add(rule.id);
    const entry = kept(rule, reason);
    opened.set(rule.id, entry);
    onOpen(rule, entry.told.reason);
  };

  const raise = (rule: Rule, kind: Alarm['kind'], reason: () => string) => {
    const key = alarmKey(rule.id, kind);
    const known = alarms.get(key);
    if (known) {
      known.at = monotonic();
      return;
    }
    const entry = { ...kept(rule, reason()), kind, at: monotonic() };
    alarms.set(key, entry);
    onAlarm(rule, entry.told.reason);
  };

  const isOver = ({ kind, at, rule }: Alarm) =>
    kind === 'rate' ? rates.above(rule.id) === null : monotonic() - at >= WINDOW_MS;

  /** Not on the way of a request. */
  const proveSoon = (rule: Rule) => {
    const now = monotonic();
    if (now - lastTest < APART_MS || now - (tested.get(rule.id) ?? Number.NEGATIVE_INFINITY) < SAME_AGAIN_MS)
      return;
    lastTest = now;
    tested.set(rule.id, now);
    setImmediate(() => {
      if (!isThere({ rule })) return;
      const reason = selfTest(rule);
      // One that fails closed is meant to stop what it cannot judge.
      if (reason !== null && rule.fail.onError === 'open') demote(rule, reason);
    }).unref();
  };

  return {
    load: (loaded) => {
      rates.load(loaded);
      rules = new Map(loaded.map((rule) => [rule.id, rule]));
      for (const [id, entry] of opened) {
        if (isThere(entry)) continue;
        opened.delete(id);
        demoted.delete(id);
      }
      for (const [key, alarm] of alarms) if (!isThere(alarm)) alarms.delete(key);
      for (const map of [overruns, tested]) for (const id of map.keys()) if (!rules.has(id)) map.delete(id);
    },
    decided: (request, decision) => {
      for (const rule of rates.decided(request, decision)) {
        const evidence = rates.above(rule.id);
        if (evidence) raise(rule, 'rate', () => rateReason(rule, evidence));
      }
    },
    trouble: (rule, trouble) => {
      if (demoted.has(rule.id)) return;
      if (trouble.kind === 'budget') {
        const now = monotonic();
        const times = [...(overruns.get(rule.id) ?? []).filter((at) => now - at < WINDOW_MS), now].slice(
          -OVERRUNS,
        );
        overruns.set(rule.id, times);
        if (times.length < OVERRUNS) return;
      }
      raise(rule, trouble.kind, () => troubleReason(rule, trouble.kind));
      if (trouble.kind === 'error' || trouble.kind === 'budget') proveSoon(rule);
    },
    demoted: () => demoted,
    open: () => [...opened.values()].map(({ told }) => told),
    alarms: () => {
      for (const [key, alarm] of alarms) if (isOver(alarm)) alarms.delete(key);
      return [...alarms.values()].map(({ told }) => told);
    },
  };
}
