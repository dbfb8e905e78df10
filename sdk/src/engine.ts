import { compileRe2, type Span, Subject, type SubjectMatcher, subjectMatcher } from './match.ts';
import { redact } from './redact.ts';
import { LIMITS, type Rule, type RuleScope, type Surface } from './rule.ts';

export { type Span, textMatcher } from './match.ts';

/** What a serving layer knows of one interaction; a field that is absent matches no scope that names it. */
export interface DecisionRequest {
  model?: string | null;
  version?: string | null;
  tenant?: string | null;
  tier?: string | null;
  language?: string | null;
  surface?: Surface | null;
  prompt?: string | null;
  completion?: string | null;
}

export type Verdict = 'allow' | 'block' | 'redact' | 'flag';
export type TextPart = 'prompt' | 'completion';

/** One rule that hit one part of the interaction. */
export interface Hit {
  id: string;
  ref: string;
  action: Rule['action'];
  mode: Rule['mode'];
  target: TextPart;
  spans: Span[];
}

/** A rule that hit; `target` is where it did. */
export interface RuleHit {
  id: string;
  ref: string;
  action: Rule['action'];
  mode: Rule['mode'];
  target: Rule['target'];
}

export interface Decision {
  /** The strongest action of the enforced hits; shadow hits never change it. */
  verdict: Verdict;
  rules: RuleHit[];
  /** Only for `redact`, and only when the completion was touched: what to serve instead. */
  text?: string;
  /** Only for `redact`, and only when the prompt was touched: what to send to the model instead. */
  prompt?: string;
  /** The ruleset that decided; 0 when there was none. */
  seq: number;
}

interface CompiledRule {
  rule: Rule;
  find: SubjectMatcher;
  inScope: (request: DecisionRequest) => boolean;
  startsAt: number;
  expiresAt: number;
}

export interface CompiledRules {
  seq: number;
  rules: readonly CompiledRule[];
}

export interface CachedRule {
  find: SubjectMatcher;
  /** Set once lint and vectors have passed. */
  proven: boolean;
}

/** Compiled matchers by the rule's exact JSON, so that a new snapshot compiles and proves only what changed. */
export class RuleCache {
  #known = new Map<string, CachedRule>();
  #keys = new WeakMap<Rule, string>();

  #key(rule: Rule): string {
    let key = this.#keys.get(rule);
    if (key === undefined) {
      key = JSON.stringify(rule);
      this.#keys.set(rule, key);
    }
    return key;
  }

  isProven(rule: Rule): boolean {
    return this.#known.get(this.#key(rule))?.proven === true;
  }

  /** Throws when the pattern does not compile. */
  compile(rule: Rule): CachedRule {
    const key = this.#key(rule);
    let entry = this.#known.get(key);
    if (!entry) {
      entry = { find: subjectMatcher(rule.matcher), proven: false };
      this.#known.set(key, entry);
    }
    return entry;
  }

  /** Forgets every rule that is not among `rules`. */
  retain(rules: readonly Rule[]): void {
    const keep = new Set(rules.map((rule) => this.#key(rule)));
    for (const key of this.#known.keys()) if (!keep.has(key)) this.#known.delete(key);
  }

  get size(): number {
    return this.#known.size;
  }
}

export interface CompileOptions {
  /** Labels of the instance that will decide; a rule whose scope names others never hits here. */
  labels?: Record<string, string>;
  seq?: number;
  cache?: RuleCache;
}

function scopeCheck(scope: RuleScope, labels: Record<string, string>): CompiledRule['inScope'] {
  const wanted = Object.entries(scope.labels ?? {});
  if (wanted.some(([name, value]) => labels[name] !== value)) return () => false;
  const checks: CompiledRule['inScope'][] = [];
  const narrow = (
    list: readonly string[] | undefined,
    value: (request: DecisionRequest) => string | null | undefined,
  ) => {
    if (!list || list.length === 0) return;
    const allowed = new Set(list);
    checks.push((request) => allowed.has(value(request) ?? ''));
  };
  narrow(scope.models, (request) => request.model);
  narrow(scope.versions, (request) => request.version);
  narrow(scope.tenants, (request) => request.tenant);
  narrow(scope.tiers, (request) => request.tier);
  narrow(
    scope.languages?.map((language) => language.toLowerCase()),
    (request) => request.language?.toLowerCase(),
  );
  narrow(scope.surfaces, (request) => request.surface);
  return (request) => checks.every((check) => check(request));
}

/** Compiles once what `evaluate` runs often. Throws when a pattern does not compile; `lintRule` says why. */
export function compileRules(rules: readonly Rule[], options: CompileOptions = {}): CompiledRules {
  const labels = options.labels ?? {};
  return {
    seq: options.seq ?? 0,
    rules: rules.map((rule) => ({
      rule,
      find: options.cache ? options.cache.compile(rule).find : subjectMatcher(rule.matcher),
      inScope: scopeCheck(rule.scope, labels),
      startsAt: rule.startsAt === null ? Number.NEGATIVE_INFINITY : Date.parse(rule.startsAt),
      expiresAt: Date.parse(rule.expiresAt),
    })),
  };
}

/**
 * Every rule that hits, per part, with its spans. Rules not started or expired at `now` never hit.
 * With `firstOnly`, rules that do not redact stop at their first span: all that a decision needs.
 */
export function findHits(
  compiled: CompiledRules,
  request: DecisionRequest,
  now: Date,
  options: { firstOnly?: boolean } = {},
): Hit[] {
  const at = now.getTime();
  const parts: [TextPart, Subject][] = [];
  if (request.prompt) parts.push(['prompt', new Subject(request.prompt, request.language)]);
  if (request.completion) parts.push(['completion', new Subject(request.completion, request.language)]);
  const hits: Hit[] = [];
  for (const { rule, find, inScope, startsAt, expiresAt } of compiled.rules) {
    if (at < startsAt || at >= expiresAt || !inScope(request)) continue;
    const limit = options.firstOnly && (rule.action !== 'redact' || rule.mode === 'shadow') ? 1 : undefined;
    for (const [target, subject] of parts) {
      if (rule.target !== 'both' && rule.target !== target) continue;
      const spans = find(subject, limit);
      if (spans.length === 0) continue;
      const { id, ref, action, mode } = rule;
      hits.push({ id, ref, action, mode, target, spans });
    }
  }
  return hits;
}

const STRENGTH: readonly Rule['action'][] = ['block', 'redact', 'flag'];

/** Decides one interaction. Pure: the same rules, request and time give the same decision. */
export function evaluate(compiled: CompiledRules, request: DecisionRequest, now: Date): Decision {
  const hits = findHits(compiled, request, now, { firstOnly: true });
  const rules = new Map<string, RuleHit>();
  for (const { spans: _, ...hit } of hits) {
    const before = rules.get(hit.id);
    rules.set(hit.id, before && before.target !== hit.target ? { ...hit, target: 'both' } : hit);
  }
  const enforced = hits.filter((hit) => hit.mode === 'enforce');
  const verdict: Verdict =
    STRENGTH.find((action) => enforced.some((hit) => hit.action === action)) ?? 'allow';
  const decision: Decision = { verdict, rules: [...rules.values()], seq: compiled.seq };
  if (verdict !== 'redact') return decision;
  const removals = enforced.filter((hit) => hit.action === 'redact');
  const inCompletion = removals.filter((hit) => hit.target === 'completion');
  const inPrompt = removals.filter((hit) => hit.target === 'prompt');
  if (inCompletion.length > 0) decision.text = redact(request.completion ?? '', inCompletion);
  if (inPrompt.length > 0) decision.prompt = redact(request.prompt ?? '', inPrompt);
  return decision;
}

/** Every pair of neighbours that `^`, `$`, `\b` and `\B` can tell apart. */
const EMPTY_PROBE = 'aa  a\n\n a\na \n  \n';

/** Why a rule must not run, as plain sentences; empty when nothing speaks against it. */
export function lintRule(rule: Rule): string[] {
  if (rule.matcher.kind !== 're2') return [];
  const { pattern, ignoreCase } = rule.matcher;
  let re: ReturnType<typeof compileRe2>;
  try {
    re = compileRe2(pattern, ignoreCase);
  } catch (error) {
    return [`The pattern is not valid RE2: ${error instanceof Error ? error.message : String(error)}.`];
  }
  const problems: string[] = [];
  if (re.programSize() > LIMITS.programSize) {
    problems.push(
      `The pattern costs ${re.programSize()} RE2 instructions; the limit is ${LIMITS.programSize}.`,
    );
  }
  if (re.test('')) {
    problems.push('The pattern matches the empty string, so it would hit every text.');
  } else {
    const matcher = re.matcher(EMPTY_PROBE);
    while (matcher.find()) {
      if (matcher.start() !== matcher.end()) continue;
      problems.push('The pattern can match a place without any text, such as a word boundary.');
      break;
    }
  }
  return problems;
}

const excerpt = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** Runs the rule's own test vectors; each failure is one plain sentence. Throws when the pattern does not compile. */
export function runVectors(rule: Rule, find: SubjectMatcher = subjectMatcher(rule.matcher)): string[] {
  const hit = (text: string, language?: string) => find(new Subject(text, language), 1).length > 0;
  const failures: string[] = [];
  rule.tests.mustMatch.forEach(({ text, language }, index) => {
    if (!hit(text, language)) failures.push(`Vector mustMatch ${index + 1} is not hit: ${excerpt(text)}.`);
  });
  rule.tests.mustNotMatch.forEach(({ text, language }, index) => {
    if (hit(text, language)) failures.push(`Vector mustNotMatch ${index + 1} is hit: ${excerpt(text)}.`);
  });
  return failures;
}
