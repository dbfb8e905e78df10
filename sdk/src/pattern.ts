import type { RuleMatcher } from './rule.ts';

/** The longest text one match can cover, UTF-16 units; null where the pattern has no end of its own. */
export function maxMatchLength(matcher: RuleMatcher): number | null {
  return matcher.kind === 'literal' ? matcher.text.length : null;
}
