import type { Why } from '#lib/mitigations/suggestions';
import type { Rule, RuleMatcher } from '#sdk/rule';

/** One thing that members share: the rule that would look for it alone, and how often it is there and elsewhere. */
export type Feature = Why;

/** The rule that looks for any of the features; null where one rule cannot look for all of them. */
export function combined(features: readonly Feature[]): Pick<Rule, 'matcher' | 'target'> | null {
  const [first, ...others] = features;
  if (!first) return null;
  const target = others.every((each) => each.target === first.target) ? first.target : 'both';
  const matcher = anyOf(features.map((each) => each.matcher));
  return matcher && { matcher, target };
}

function anyOf(matchers: readonly RuleMatcher[]): RuleMatcher | null {
  const [first] = matchers;
  if (matchers.length === 1 && first) return first;
  const packages = matchers.flatMap((each) => (each.kind === 'imports' ? each.packages : []));
  if (matchers.every(({ kind }) => kind === 'imports')) {
    return { kind: 'imports', packages: [...new Set(packages)] };
  }
  const phrases = matchers.flatMap((each) => (each.kind === 'phrases' ? each.phrases : []));
  if (matchers.every(({ kind }) => kind === 'phrases')) {
    return { kind: 'phrases', phrases: [...new Set(phrases)] };
  }
  const patterns = matchers.flatMap(patternOf);
  if (patterns.length !== matchers.length) return null;
  return { kind: 're2', pattern: patterns.join('|'), ignoreCase: false };
}

/** The matcher as a part of a larger pattern; none for what is no pattern. */
function patternOf(matcher: RuleMatcher): string[] {
  switch (matcher.kind) {
    case 're2':
      return [`(?${matcher.ignoreCase ? 'i' : ''}:${matcher.pattern})`];
    case 'literal': {
      const text = matcher.text
        .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
        .replace(/\r/g, '\\r')
        .replace(/\n/g, '\\n');
      return [`(?${matcher.ignoreCase ? 'i' : ''}:${text})`];
    }
    default:
      return [];
  }
}

/** What is on after one feature was switched: those that one rule cannot look for beside a new one go off. */
export function switched<F extends Feature>(on: readonly F[], feature: F): F[] {
  if (on.includes(feature)) return on.filter((each) => each !== feature);
  return [...on.filter((each) => combined([each, feature]) !== null), feature];
}
