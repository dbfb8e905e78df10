import type { TextPart } from './decision.ts';
import type { Rule } from './rule.ts';
import { type CachedRule, compileRule, type RuleCache } from './rule-cache.ts';
import { appliesHere, type ScopeGroup, ScopeIndex } from './scope.ts';
import { type Sieve, Sweep, sieveOf } from './sweep.ts';

export const PARTS = ['prompt', 'completion'] as const satisfies readonly TextPart[];

export interface CompiledRule extends CachedRule {
  rule: Rule;
  sieve: Sieve;
  group: ScopeGroup;
  startsAt: number;
  expiresAt: number;
  /** Rolled out to a part of the requests only. */
  partial: boolean;
}

/** What `compileRules` makes; holds scratch space, so it belongs to one thread, as every object does. */
export interface CompiledRules {
  seq: number;
  /** The rules that can apply in this process, in the order of the ruleset. */
  rules: readonly CompiledRule[];
  labels: Readonly<Record<string, string>>;
  scopes: ScopeIndex;
  sweep: Sweep;
  /** For each group and part what the group's rules need to be found by. */
  reads: ReadonlyMap<ScopeGroup, readonly Reads[]>;
}

export interface Reads {
  sieves: Set<Sieve>;
  /** Places of rules that are candidates in every text. */
  always: number[];
}

export interface CompileOptions {
  /** Labels of the instance that will decide; a rule whose scope names others never hits here. */
  labels?: Record<string, string>;
  /** Whose place in each rollout counts; left out, as for a back-test, every rule is rolled out here. */
  instanceId?: string;
  seq?: number;
  cache?: RuleCache;
}

/**
 * Compiles once what `evaluate` runs often: single rules through the cache, so that a new ruleset compiles only what
 * changed, and the tables that all rules share anew where they differ. Throws when a pattern or a condition does not compile; `lintRule`
 * says why.
 */
export function compileRules(rules: readonly Rule[], options: CompileOptions = {}): CompiledRules {
  const { labels = {}, instanceId, cache } = options;
  const scopes = new ScopeIndex();
  const compiled: CompiledRule[] = [];
  for (const rule of rules) {
    const made = cache ? cache.compile(rule) : compileRule(rule);
    if (!appliesHere(rule, labels, instanceId)) continue;
    compiled.push({
      ...made,
      rule,
      sieve: sieveOf({ rule, watched: made.watched }),
      group: scopes.add(rule, compiled.length),
      startsAt: rule.startsAt === null ? Number.NEGATIVE_INFINITY : Date.parse(rule.startsAt),
      expiresAt: Date.parse(rule.expiresAt),
      partial: instanceId !== undefined && rule.rollout.requests < 100,
    });
  }
  const sweep = new Sweep(compiled, cache);
  return { seq: options.seq ?? 0, rules: compiled, labels, scopes, sweep, reads: readsOf(compiled) };
}

function readsOf(compiled: readonly CompiledRule[]): Map<ScopeGroup, Reads[]> {
  const all = new Map<ScopeGroup, Reads[]>();
  for (const [place, { rule, sieve, group }] of compiled.entries()) {
    const reads = all.get(group) ?? PARTS.map(() => ({ sieves: new Set(), always: [] }));
    all.set(group, reads);
    for (const [index, part] of PARTS.entries()) {
      if (rule.target !== 'both' && rule.target !== part) continue;
      if (sieve === 'none') reads[index]?.always.push(place);
      else reads[index]?.sieves.add(sieve);
    }
  }
  return all;
}
