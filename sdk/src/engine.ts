import { type Decision, type DecisionRequest, type Hit, resolve, type TextPart } from './decision.ts';
import { compileRe2, Subject, type SubjectMatcher, subjectMatcher } from './match.ts';
import { rolloutBucket } from './rollout.ts';
import { LIMITS, type Rule } from './rule.ts';

export type { Decision, DecisionRequest, Hit, RuleHit, TextPart, Verdict } from './decision.ts';
export { type Span, textMatcher } from './match.ts';

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
  /** Whose place in each rollout counts; left out, as for a back-test, every rule is rolled out here. */
  instanceId?: string;
  seq?: number;
  cache?: RuleCache;
}

function scopeCheck(rule: Rule, { labels = {}, instanceId }: CompileOptions): CompiledRule['inScope'] {
  const { id, scope, rollout } = rule;
  if (instanceId !== undefined && rolloutBucket(id, instanceId) >= rollout.instances) return () => false;
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
  narrow(scope.features, (request) => request.feature);
  if (instanceId !== undefined && rollout.requests < 100) {
    checks.push((request) => rolloutBucket(id, requestKey(request)) < rollout.requests);
  }
  return (request) => checks.every((check) => check(request));
}

/** What stands for a request in a rollout: its id, so that prompt and answer fall alike, else what it asks. */
const requestKey = ({ id, prompt, completion }: DecisionRequest) => id ?? prompt ?? completion ?? '';

/** Compiles once what `evaluate` runs often. Throws when a pattern does not compile; `lintRule` says why. */
export function compileRules(rules: readonly Rule[], options: CompileOptions = {}): CompiledRules {
  return {
    seq: options.seq ?? 0,
    rules: rules.map((rule) => ({
      rule,
      find: options.cache ? options.cache.compile(rule).find : subjectMatcher(rule.matcher),
      inScope: scopeCheck(rule, options),
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
      const { id, ref, action, mode, parameters } = rule;
      hits.push({ id, ref, action, mode, parameters, target, spans });
    }
  }
  return hits;
}

/** Decides one interaction. Pure: the same rules, request and time give the same decision. */
export function evaluate(compiled: CompiledRules, request: DecisionRequest, now: Date): Decision {
  return resolve(findHits(compiled, request, now, { firstOnly: true }), request, compiled.seq);
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
