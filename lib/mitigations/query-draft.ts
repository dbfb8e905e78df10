import type { Key } from '#lib/search/keys';
import type { Term } from '#lib/search/query';
import { matcherOf } from '#lib/search/texts';
import type { RuleMatcher, RuleScope } from '#sdk/rule';

export type QueryDraft = {
  /** Null where the query asks for nothing that stands in a text. */
  matcher: RuleMatcher | null;
  scope: RuleScope;
  /** What no part of the rule says. */
  left: Term[];
};

/** Which part of a query says best what to stop. */
const BEST: readonly Key[] = ['package', 're', 'text', 'call', 'host'];

const SCOPES = {
  model: 'models',
  version: 'versions',
  tenant: 'tenants',
  tier: 'tiers',
  language: 'languages',
  surface: 'surfaces',
} as const satisfies Partial<Record<Key, keyof RuleScope>>;

const isScope = (key: Key): key is keyof typeof SCOPES => Object.hasOwn(SCOPES, key);

/**
 * A rule that stops what a query finds: one matcher, because those of a rule never all must hit, and the scope. Parts that
 * a rule cannot say, such as outcomes and what is not there, are left for the person who drafts it.
 */
export function draftFrom(terms: readonly Term[]): QueryDraft {
  const wanted = terms.filter(({ negated }) => !negated);
  const best = BEST.flatMap((key) => longestFirst(wanted.filter((term) => term.key === key)))[0];
  const scope: Record<string, string[]> = {};
  for (const { key, value } of wanted)
    if (isScope(key)) scope[SCOPES[key]] = [...(scope[SCOPES[key]] ?? []), value];
  return {
    matcher: best ? matcherFor(best) : null,
    // Checked on its way into the query.
    scope: scope as RuleScope,
    left: terms.filter((term) => term !== best && (term.negated || !isScope(term.key))),
  };
}

/** Of several texts that must all be there the longest says most. */
const longestFirst = (terms: Term[]) => terms.toSorted((a, b) => b.value.length - a.value.length);

function matcherFor({ key, value }: Term): RuleMatcher | null {
  if (key === 'package') return { kind: 'imports', packages: [value] };
  if (key === 'host') return { kind: 'phrases', phrases: [value] };
  // A name has no end of its own: `b(` is in `rob(` too.
  if (key === 'call')
    return { kind: 're2', pattern: `\\b${value.replace(/[^\w]/g, '\\$&')}\\s*\\(`, ignoreCase: false };
  return matcherOf({ key, value });
}
