import type { SdkVersion } from '#lib/fleet/unread';
import type { RuleScope, Surface } from '#sdk/rule';
import { type Field, isInScope, namedIn, type Shape, saidIn, shapesOf } from '#sdk/scope-shape';
import { lookAlikeKey } from './look-alike.ts';
import type { Counts, Traffic } from './narrow.ts';

/** So many interactions are looked at, the newest first. */
export const NEWEST = 50_000;
/** So many names of a list are shown. */
const VALUES = 50;

/** Interactions that came with the same names. */
export type NamedTraffic = {
  model: string;
  version: string;
  tenant: string | null;
  tier: string | null;
  language: string;
  surface: string;
  count: number;
  /** How many of them are of the control sample. */
  controls: number;
};

/** A name as traffic spells it. */
type SeenName = {
  value: string;
  /** Interactions of the last day that have it. */
  count: number;
  /** Whether the scope's list holds it; an empty list holds every name. */
  held: boolean;
  /** The name in the scope that it is most likely meant as, where the list does not hold it. */
  like: string | null;
};

export type SeenNames = {
  field: NamedField;
  /** Those that look like a name of the scope first, then the most frequent; at most 50. */
  names: SeenName[];
  /** Names that are not shown. */
  more: number;
  /** Names of the scope that nothing came with. */
  unseen: string[];
};

export type ScopeTraffic = Traffic & { fields: SeenNames[] };

/** With the SDKs of the fleet, by which the composer says who could not read the rule. */
export type ComposerTraffic = ScopeTraffic & { sdkVersions: SdkVersion[] };

/** The lists whose names nobody can guess; tiers, features and surfaces are few and known. */
const NAMED_FIELDS = ['languages', 'models', 'versions', 'tenants'] as const satisfies Field[];
export type NamedField = (typeof NAMED_FIELDS)[number];

/** What scopes can tell of stored interactions: everything but the feature they came through, taken as given. */
function shapesIn({ count: _, controls: __, surface, ...names }: NamedTraffic): Shape[] {
  const request = { ...names, surface: surface as Surface, prompt: ' ', completion: ' ' };
  return shapesOf(request).map((shape) => ({ ...shape, unread: new Set<Field>(['features']) }));
}

function countsIn(shaped: readonly Shaped[], scope: RuleScope, of: 'count' | 'controls'): Counts {
  const counts = { inScope: 0, total: 0 };
  for (const { row, shapes } of shaped) {
    counts.total += row[of];
    if (isInScope({ scope, target: 'both' }, shapes)) counts.inScope += row[of];
  }
  return counts;
}

/** Which names the traffic came with, told by the instances' own reading of scopes. */
export function trafficIn(rows: readonly NamedTraffic[], scope: RuleScope): Omit<ScopeTraffic, 'instances'> {
  const shaped = rows.map((row) => ({ row, shapes: shapesIn(row) }));
  return {
    ...countsIn(shaped, scope, 'count'),
    control: countsIn(shaped, scope, 'controls'),
    fields: NAMED_FIELDS.map((field) => seenNames(field, shaped, scope)),
  };
}

type Shaped = { row: NamedTraffic; shapes: Shape[] };

function seenNames(field: NamedField, shaped: readonly Shaped[], scope: RuleScope): SeenNames {
  const alone = { scope: { [field]: scope[field] ?? [] }, target: 'both' as const };
  const listed = namedIn({ scope }, field);
  const seen = new Map<string, { count: number; held: boolean }>();
  const said = new Set<string>();
  for (const { row, shapes } of shaped) {
    for (const { values } of shapes) said.add(values[field] ?? '');
    const value = saidIn({ ...row, surface: undefined }, field);
    if (value === '') continue;
    const before = seen.get(value) ?? { count: 0, held: false };
    seen.set(value, { count: before.count + row.count, held: before.held || isInScope(alone, shapes) });
  }
  const byKey = new Map(listed.map((name) => [lookAlikeKey(field, name), name]));
  const names = [...seen]
    .map(([value, { count, held }]) => ({
      value,
      count,
      held,
      like: held ? null : (byKey.get(lookAlikeKey(field, value)) ?? null),
    }))
    .sort(
      (a, b) =>
        Number(b.like !== null) - Number(a.like !== null) ||
        b.count - a.count ||
        (a.value < b.value ? -1 : 1),
    );
  return {
    field,
    names: names.slice(0, VALUES),
    more: Math.max(0, names.length - VALUES),
    unseen: listed.filter((name) => !said.has(name)),
  };
}
