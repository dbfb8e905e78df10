import type { DecisionRequest } from './decision.ts';
import type { Rule, RuleScope } from './rule.ts';

/** Which field of a request each list of a scope is about. */
export const asks = {
  models: 'model',
  versions: 'version',
  tenants: 'tenant',
  tiers: 'tier',
  languages: 'language',
  surfaces: 'surface',
  features: 'feature',
} as const satisfies Partial<Record<keyof RuleScope, keyof DecisionRequest>>;

export type Field = keyof typeof asks;
export const FIELD_NAMES = Object.keys(asks) as Field[];

/** What a request says in a field that scopes can name; empty when it says nothing. */
export const saidIn = (request: DecisionRequest, field: Field): string => {
  const said = request[asks[field]] ?? '';
  return field === 'languages' && typeof said === 'string' ? said.toLowerCase() : said;
};

/** The longest `NAME@VERSION` of which a scope can name both parts. */
const LONGEST = 401;

/**
 * Every way to read which model a request names, as it is written first. `NAME@VERSION` in one word, as Vertex AI
 * writes it, also names version `VERSION` of `NAME`, whichever `@` divides them; one that stands beside a version is
 * the name of a model.
 */
export function readingsOf<T extends Pick<DecisionRequest, 'model' | 'version'>>(request: T): readonly T[] {
  const { model, version } = request;
  if (version || typeof model !== 'string' || model.length > LONGEST || !model.includes('@'))
    return [request];
  const readings = [request];
  for (let at = model.indexOf('@', 1); at !== -1 && at < model.length - 1; at = model.indexOf('@', at + 1)) {
    readings.push({ ...request, model: model.slice(0, at), version: model.slice(at + 1) });
  }
  return readings;
}

/** The values that a rule's scope names in a field; none when it does not narrow by it. */
export const namedIn = ({ scope }: Pick<Rule, 'scope'>, field: Field): readonly string[] =>
  field === 'languages' ? (scope.languages ?? []).map((name) => name.toLowerCase()) : (scope[field] ?? []);

/** What scopes can tell of a request. */
export interface Shape {
  values: Partial<Record<Field, string>>;
  prompt: boolean;
  completion: boolean;
  /** Fields in which nobody knows what it says: it may be anything. */
  unread?: ReadonlySet<Field>;
}

/** Whether a rule applies to a request of one of these shapes, its labels, rollout and condition aside. */
export const isInScope = (rule: Pick<Rule, 'scope' | 'target'>, shapes: readonly Shape[]): boolean =>
  shapes.some((shape) => fits(rule, shape));

function fits(rule: Pick<Rule, 'scope' | 'target'>, shape: Shape): boolean {
  if (rule.target === 'prompt' && !shape.prompt) return false;
  if (rule.target === 'completion' && !shape.completion) return false;
  return FIELD_NAMES.every((field) => {
    const list = namedIn(rule, field);
    return list.length === 0 || shape.unread?.has(field) || list.includes(shape.values[field] ?? '');
  });
}

/** Everything that scopes can tell of one request, for each reading of its model. */
export const shapesOf = (request: DecisionRequest): Shape[] =>
  readingsOf(request).map((reading) => ({
    values: Object.fromEntries(FIELD_NAMES.map((field) => [field, saidIn(reading, field)])),
    prompt: !!request.prompt,
    completion: !!request.completion,
  }));
