import type { RoutingConditions } from '#lib/queues/schema';

/** The conditions in the order in which a person says them: what it is, then where it comes from. */
export const CONDITIONS = [
  'severity',
  'category',
  'language',
  'surface',
  'model',
  'tenant',
  'tier',
  'detector',
] as const satisfies readonly (keyof RoutingConditions)[];

const BEFORE: Record<keyof RoutingConditions, string> = {
  severity: '',
  category: '',
  language: 'in ',
  surface: 'on ',
  model: 'from the model ',
  tenant: 'for the tenant ',
  tier: 'on the tier ',
  detector: 'found by ',
};

/** "critical or high, malicious package or malware, in Python": all parts hold at once, any value inside a part will do. */
export function conditionWords(conditions: RoutingConditions): string {
  const parts = CONDITIONS.flatMap((field) => {
    const values = conditions[field];
    // Names come from outside and keep their spelling; only our own words are written out.
    const ours = field === 'category' || field === 'surface';
    const shown = values?.map((value) => (ours ? value.replaceAll('_', ' ') : value));
    return shown ? [`${BEFORE[field]}${either(shown)}`] : [];
  });
  return parts.length === 0 ? 'everything that comes to it' : parts.join(', ');
}

/** What becomes of the pending items of a queue that is archived. */
export function archiveWords(pending: number, capped: boolean, forLeads: number): string {
  const stays = 'What was decided in it stays as it is, and its key stays taken.';
  const all = pending + forLeads;
  if (all === 0) return `Nothing is pending in it. ${stays}`;
  const count = `${all.toLocaleString('en')}${capped ? ' or more' : ''}`;
  const items = all === 1 ? 'item pending in it moves' : 'items pending in it move';
  return `The ${count} ${items} within seconds to the first other queue that takes them, at the latest the default one. None is lost, and nobody who has one open loses it. ${stays}`;
}

function either(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
