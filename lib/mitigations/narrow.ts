import { type RuleScope, SURFACES } from '#sdk/rule';
import { FIELD_NAMES, type Field } from '#sdk/scope-shape';

// Whom a rule is for: what of its scope narrows anything, and whether that is few enough for one person's word.

/** What a scope can name. */
type Dimension = Field | 'labels';

/** The dimensions by which a scope leaves somebody out: an empty list leaves out nobody, nor does one of all surfaces. */
export function narrows(scope: RuleScope): Dimension[] {
  const fields = FIELD_NAMES.filter((field) => {
    const names = new Set<string>(scope[field] ?? []);
    return names.size > 0 && !(field === 'surfaces' && SURFACES.every((surface) => names.has(surface)));
  });
  return Object.keys(scope.labels ?? {}).length > 0 ? [...fields, 'labels'] : fields;
}

/** The scope without what narrows nothing. */
export function withoutEmpty<S extends RuleScope>(scope: S): S {
  const entries = Object.entries(scope).filter(
    ([, names]) => names !== undefined && Object.keys(names).length > 0,
  );
  return Object.fromEntries(entries) as S;
}

export type Counts = { inScope: number; total: number };
/**
 * Interactions of the last day in a scope, and in all; features and labels do not stand with them, and are not asked.
 * `instances`: those that serve now, and of them those with the scope's labels.
 */
export type Traffic = Counts & { control: Counts; instances: Counts };

/** Fewer interactions say nothing of a share. */
const TOLD_FROM = 20;
/** A scope with more of the traffic than this is not narrow. */
const NARROW_SHARE = 0.5;
/** More names than this may be most of them, where nobody can say what share they carry. */
const FEW = 10;

/** The larger share of what came with everything and with the control sample, 0 to 1; null where too little came. */
function shareOf(traffic: Traffic | null): number | null {
  if (!traffic) return null;
  const told = [traffic, traffic.control].filter(({ total }) => total >= TOLD_FROM);
  return told.length === 0 ? null : Math.max(...told.map(({ inScope, total }) => inScope / total));
}

/** Whether labels that a scope names are those of most of the instances; not where nothing serves. */
const hasMostInstances = (traffic: Traffic | null): boolean =>
  traffic !== null && traffic.instances.inScope > traffic.instances.total * NARROW_SHARE;

const KINDS = 'no tenant, and no model with a language or surface';

/**
 * Why a scope is more than a few, as a sentence; null for a narrow one: tenants, or a model or feature together with
 * something else, that carry at most half of the traffic; labels, of at most half of the instances. Where no traffic tells, long lists and tiers are not narrow.
 */
export function whyNotNarrow(scope: RuleScope, traffic: Traffic | null): string | null {
  const share = shareOf(traffic);
  const narrow = narrows(scope).filter((field) => {
    if (field === 'labels') return !hasMostInstances(traffic);
    if (share !== null) return true;
    return field !== 'tiers' && new Set<string>(scope[field] ?? []).size <= FEW;
  });
  const has = (...fields: Dimension[]) => fields.some((field) => narrow.includes(field));
  const isOfModel = narrows(scope).some((field) => field === 'models' || field === 'features');
  const isKind = has('tenants') || (isOfModel && has('versions', 'languages', 'surfaces', 'tiers', 'labels'));
  if (!isKind) {
    const isUnknown = share === null && narrows(scope).some((field) => !narrow.includes(field));
    return isUnknown
      ? `It is not narrow: what share of the traffic its tiers, or more than ${FEW} names, carry is not known.`
      : `It is not narrow: ${KINDS}.`;
  }
  // Of features the traffic says nothing, and of labels only the instances: what nobody can tell is taken for all of it.
  const isOfFewInstances = has('labels') && (traffic?.instances.total ?? 0) > 0;
  if (share === null || share <= NARROW_SHARE || isOfFewInstances) return null;
  return `It is not narrow: ${Math.round(share * 100)} % of the traffic of the last day is in its scope (limit: ${NARROW_SHARE * 100} %).`;
}
