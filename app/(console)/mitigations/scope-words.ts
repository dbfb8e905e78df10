import { listWords } from '#lib/mitigations/explain';
import { type NamedField, NEWEST, type ScopeTraffic, type SeenNames } from '#lib/mitigations/scope-names';
import type { RuleForm } from './rule-form.ts';
import { counted, FIELD_WORDS } from './words.ts';

/** "120 of 400 interactions of the last day are in scope." */
export function inScopeWords({ inScope, total }: Pick<ScopeTraffic, 'inScope' | 'total'>): string {
  if (total === 0)
    return 'No interaction came in during the last day, so no name of the scope can be checked.';
  const of = total >= NEWEST ? `the newest ${counted(total, 'interaction')}` : counted(total, 'interaction');
  return `${inScope.toLocaleString('en')} of ${of} of the last day ${inScope === 1 ? 'is' : 'are'} in scope.`;
}

/** Names of the scope that nothing came with; null where all were seen. */
export function unseenWords({ field, unseen }: SeenNames): string | null {
  if (unseen.length === 0) return null;
  const names = listWords(
    unseen.map((name) => `“${name}”`),
    5,
    'or',
  );
  return `No traffic of the last day had the ${FIELD_WORDS[field]} ${names}.`;
}

/** The scope with one more name in a list. */
export function withName(scope: RuleForm['scope'], field: NamedField, name: string): RuleForm['scope'] {
  return { ...scope, [field]: [...scope[field], name] };
}

/** What is wrong with a field, or with an entry of its list: `scope.models` or `scope.models.3`. */
export function fieldError(errors: Record<string, string>, field: string): string | undefined {
  return errors[field] ?? Object.entries(errors).find(([path]) => path.startsWith(`${field}.`))?.[1];
}
