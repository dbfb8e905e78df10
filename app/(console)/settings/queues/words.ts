import type { RoutingConditions } from '#lib/queues/schema';

const NAMES: Record<keyof RoutingConditions, string> = {
  category: 'category',
  severity: 'severity',
  language: 'language',
  surface: 'surface',
  model: 'model',
  tenant: 'tenant',
  tier: 'tier',
  detector: 'detector',
};
export const CONDITIONS = Object.keys(NAMES) as (keyof RoutingConditions)[];

/** Conditions as one reads them: "severity is critical or high, and language is go". */
export function conditionWords(conditions: RoutingConditions): string {
  const parts = CONDITIONS.flatMap((field) => {
    const values = conditions[field];
    return values ? [`${NAMES[field]} is ${listed(values.map((value) => value.replaceAll('_', ' ')))}`] : [];
  });
  return parts.length === 0 ? 'everything' : parts.join(', and ');
}

function listed(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
