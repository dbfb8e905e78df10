import { textMatcher } from '#sdk/match';
import type { RuleMatcher, RuleTests } from '#sdk/rule';

/**
 * The suggested tests that still hold for what the rule looks for by now; undefined where the server takes them from
 * the incident instead. A code shape cannot be tried here, so a changed one carries none of them.
 */
export function carriedTests(
  suggested: RuleTests | null,
  matcher: RuleMatcher,
  unchanged: boolean,
): Partial<RuleTests> | undefined {
  if (!suggested || unchanged) return suggested ?? undefined;
  if (matcher.kind === 'shape' || matcher.kind === 'any') return undefined;
  const find = textMatcher(matcher);
  const hits = ({ text, language }: { text: string; language?: string | undefined }) =>
    find(text, language).length > 0;
  const mustMatch = suggested.mustMatch.filter(hits);
  const mustNotMatch = suggested.mustNotMatch.filter((vector) => !hits(vector));
  return { mustNotMatch, ...(mustMatch.length > 0 && { mustMatch }) };
}
