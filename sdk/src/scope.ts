import type { DecisionRequest } from './decision.ts';
import { rolloutBucket } from './rollout.ts';
import type { Rule } from './rule.ts';
import { FIELD_NAMES, type Field, namedIn, readingsOf, saidIn } from './scope-shape.ts';

/** Rules whose scopes name the same: checked once per request. */
export interface ScopeGroup {
  /** The request that it applies to was the `round`th. */
  round: number;
  /** Places of its rules. */
  members: number[];
  checks: readonly (readonly [Field, ReadonlySet<string>])[];
}

/** Fields by how few rules usually share a value. */
const NARROW_FIRST: readonly Field[] = [
  'tenants',
  'versions',
  'features',
  'models',
  'tiers',
  'languages',
  'surfaces',
];

/** Whether the rule can ever apply in a process with these labels and this place in rollouts. */
export function appliesHere(
  { id, scope, rollout }: Rule,
  labels: Readonly<Record<string, string>>,
  instanceId: string | undefined,
): boolean {
  if (instanceId !== undefined && rolloutBucket(id, instanceId) >= rollout.instances) return false;
  return Object.entries(scope.labels ?? {}).every(([name, value]) => labels[name] === value);
}

/** What stands for a request in a rollout: its id, so that prompt and answer fall alike, else what it asks. */
export const requestKey = ({ id, prompt, completion }: DecisionRequest) => id ?? prompt ?? completion ?? '';

/** Which rules a request is in the scope of, without looking at rules that name something else. */
export class ScopeIndex {
  readonly #groups = new Map<string, ScopeGroup>();
  /** Groups that narrow nothing. */
  readonly #wide: ScopeGroup[] = [];
  readonly #byField = new Map<Field, Map<string, ScopeGroup[]>>();
  #round = 0;

  add(rule: Rule, place: number): ScopeGroup {
    const named = FIELD_NAMES.map((field) => [field, [...new Set(namedIn(rule, field))].sort()] as const);
    const narrowing = named.filter(([, values]) => values.length > 0);
    const key = JSON.stringify(narrowing);
    let group = this.#groups.get(key);
    if (!group) {
      group = { round: 0, members: [], checks: narrowing.map(([field, values]) => [field, new Set(values)]) };
      this.#groups.set(key, group);
      this.#enter(group);
    }
    group.members.push(place);
    return group;
  }

  #enter(group: ScopeGroup) {
    const by = NARROW_FIRST.find((field) => group.checks.some(([name]) => name === field));
    if (by === undefined) {
      this.#wide.push(group);
      return;
    }
    const index = this.#byField.get(by) ?? new Map<string, ScopeGroup[]>();
    this.#byField.set(by, index);
    for (const value of group.checks.find(([name]) => name === by)?.[1] ?? []) {
      index.set(value, [...(index.get(value) ?? []), group]);
    }
  }

  /** The groups that apply to the request; until the next call exactly they carry the round it gives. */
  select(request: DecisionRequest): { groups: readonly ScopeGroup[]; round: number } {
    this.#round++;
    const round = this.#round;
    for (const group of this.#wide) group.round = round;
    if (this.#byField.size === 0) return { groups: this.#wide, round };
    const groups = [...this.#wide];
    for (const reading of readingsOf(request)) {
      for (const [field, index] of this.#byField) {
        for (const group of index.get(saidIn(reading, field)) ?? []) {
          if (group.round === round) continue;
          if (!group.checks.every(([name, values]) => values.has(saidIn(reading, name)))) continue;
          group.round = round;
          groups.push(group);
        }
      }
    }
    return { groups, round };
  }
}
