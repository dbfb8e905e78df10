import type { DecisionRequest } from './decision.ts';
import type { Rule, RuleScope } from './rule.ts';

const FIELDS = {
  models: ({ model }) => model,
  versions: ({ version }) => version,
  tenants: ({ tenant }) => tenant,
  tiers: ({ tier }) => tier,
  languages: ({ language }) => language?.toLowerCase(),
  surfaces: ({ surface }) => surface,
  features: ({ feature }) => feature,
} satisfies Partial<Record<keyof RuleScope, (request: DecisionRequest) => string | null | undefined>>;

export type Field = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as Field[];

/** What a request says in a field that scopes can name; empty when it says nothing. */
export const saidIn = (request: DecisionRequest, field: Field): string => FIELDS[field](request) ?? '';

/** The values that a rule's scope names in a field; none when it does not narrow by it. */
export const namedIn = ({ scope }: Rule, field: Field): readonly string[] =>
  field === 'languages' ? (scope.languages ?? []).map((name) => name.toLowerCase()) : (scope[field] ?? []);

/** What scopes can tell of a request. */
export interface Shape {
  values: Partial<Record<Field, string>>;
  prompt: boolean;
  completion: boolean;
}

/** Whether a rule applies to requests of a shape, its labels, rollout and condition aside; null stands for any. */
export function isInScope(rule: Rule, shape: Shape | null): boolean {
  if (!shape) return true;
  if (rule.target === 'prompt' && !shape.prompt) return false;
  if (rule.target === 'completion' && !shape.completion) return false;
  return FIELD_NAMES.every((field) => {
    const list = namedIn(rule, field);
    return list.length === 0 || list.includes(shape.values[field] ?? '');
  });
}

/** Everything that scopes can tell of one request. */
export const shapeOf = (request: DecisionRequest): Shape => ({
  values: Object.fromEntries(FIELD_NAMES.map((field) => [field, saidIn(request, field)])),
  prompt: !!request.prompt,
  completion: !!request.completion,
});
