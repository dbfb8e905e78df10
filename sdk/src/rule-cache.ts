import { type SubjectTest, subjectTest } from './confirm.ts';
import { costOf } from './cost.ts';
import { compileRe2, type SubjectMatcher, subjectMatcher } from './match.ts';
import { type PackageFinder, packageFinder } from './packages/finder.ts';
import { requiredLiterals } from './pattern.ts';
import { readProgram, readsNothing } from './program.ts';
import { watchedIn } from './required.ts';
import type { Rule } from './rule.ts';
import type { KnownSets } from './shards.ts';
import type { KnownAutomata } from './sweep.ts';
import { type Condition, compileWhen } from './when.ts';

export interface CachedRule {
  find: SubjectMatcher;
  /** Whether there is any span at all, cheaper than the first. Exact. */
  test: SubjectTest;
  /** What the sweep looks for, see `watchedIn`. */
  watched: string[][];
  when: Condition | null;
  /** How its list of packages is looked for; null where it has none. */
  packages: PackageFinder | null;
  /** RE2 program instructions; 0 for what is no pattern. */
  programSize: number;
  /** What `costOf` says. */
  units: number;
  /** Set once lint and vectors have passed. */
  proven: boolean;
}

/** Throws when the pattern or the condition does not compile. */
export function compileRule(rule: Pick<Rule, 'matcher' | 'when'>): CachedRule {
  const { matcher } = rule;
  const packages = matcher.kind === 'imports' ? packageFinder(matcher) : null;
  const find = packages?.find ?? subjectMatcher(matcher);
  const program = matcher.kind === 're2' ? readProgram(matcher.pattern, matcher.ignoreCase) : null;
  const required = requiredLiterals(matcher);
  // Of phrases the automaton finds those of one letter too.
  const watched = matcher.kind === 'phrases' ? (required ?? []) : watchedIn(required, program);
  return {
    find,
    test: subjectTest(
      matcher,
      find,
      { required, watched },
      program && !readsNothing(program) ? program : null,
    ),
    watched,
    packages,
    programSize: matcher.kind === 're2' ? compileRe2(matcher.pattern, matcher.ignoreCase).programSize() : 0,
    units: costOf(rule).units,
    when: rule.when === null ? null : compileWhen(rule.when),
    proven: false,
  };
}

/** What compiling, `lintRule` and `runVectors` may read of a rule; their parameters hold them to it. */
const BODY = ['matcher', 'when', 'action', 'parameters', 'tests'] as const;
export type RuleBody = Pick<Rule, (typeof BODY)[number]>;

/**
 * Compiled matchers by all that compiling, lint and vectors read of a rule, so that a new snapshot compiles and proves only
 * what changed: a new stage, end or title takes the matcher as it is.
 */
export class RuleCache {
  /** What the last ruleset joined of patterns without required strings. */
  readonly sets: KnownSets = new Map();
  /** The automata of the last ruleset, by their strings. */
  readonly automata: KnownAutomata = new Map();
  #known = new Map<string, CachedRule>();
  /** The rules as they were read, by the digest of the exact JSON they came as. */
  #read = new Map<string, Rule>();
  #keys = new WeakMap<Rule, string>();

  #key(rule: Rule): string {
    let key = this.#keys.get(rule);
    if (key === undefined) {
      key = JSON.stringify(BODY.map((field) => rule[field]));
      this.#keys.set(rule, key);
    }
    return key;
  }

  /** A rule that came before, word for word; the same object, so that nothing about it is worked out again. */
  known(digest: string): Rule | undefined {
    return this.#read.get(digest);
  }

  /** Keeps a rule, as it was read, for as long as it is retained. */
  remember(digest: string, rule: Rule): void {
    this.#read.set(digest, rule);
  }

  isProven(rule: Rule): boolean {
    return this.#known.get(this.#key(rule))?.proven === true;
  }

  /** Throws when the pattern or the condition does not compile. */
  compile(rule: Rule): CachedRule {
    const key = this.#key(rule);
    let entry = this.#known.get(key);
    if (!entry) {
      entry = compileRule(rule);
      this.#known.set(key, entry);
    }
    return entry;
  }

  /** Forgets every rule that is not among `rules`. */
  retain(rules: readonly Rule[]): void {
    const keep = new Set(rules.map((rule) => this.#key(rule)));
    for (const key of this.#known.keys()) if (!keep.has(key)) this.#known.delete(key);
    const read = new Set(rules);
    for (const [digest, rule] of this.#read) if (!read.has(rule)) this.#read.delete(digest);
  }

  get size(): number {
    return this.#known.size;
  }
}
