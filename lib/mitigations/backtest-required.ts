import type { Required } from '#lib/search/candidates';
import { BULLET } from '#lib/secrets/mask';
import { entryOf } from '#sdk/packages/entry';
import { importNamesOf } from '#sdk/packages/names';
import { requiredLiterals } from '#sdk/pattern';
import type { PackageListItem, RuleMatcher } from '#sdk/rule';

/**
 * Strings that a text which the matcher hits must have, in whatever case, as sent or as phrases are looked for in it;
 * null where nothing can be said.
 */
export function requiredOf(matcher: RuleMatcher): Required | null {
  if (matcher.kind !== 'imports') {
    const required = requiredLiterals(matcher);
    // The index holds the true texts; what is masked is found in none of them.
    return required?.some((either) => either.some((text) => text.includes(BULLET))) ? null : required;
  }
  // However a name may be joined, its longest run of letters and digits stands in the text, or that of what code writes.
  return [matcher.packages.flatMap((item) => namesOf(item).map(longestRun))];
}

function namesOf(item: PackageListItem): readonly string[] {
  const { name, ecosystem } = entryOf(item);
  return [name, ...(importNamesOf(name, ecosystem)?.names ?? [])];
}

function longestRun(name: string): string {
  const runs = name.split(/[^A-Za-z0-9]+/);
  return runs.reduce((best, run) => (run.length > best.length ? run : best), '');
}
