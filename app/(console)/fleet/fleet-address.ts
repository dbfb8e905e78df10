import type { FleetFilter } from '#lib/fleet/schema';

type Address = FleetFilter & { instance?: string | undefined };

/** The fleet page with this filter: what it shows can be sent to somebody. */
export function fleetAddress(filter: Address): string {
  const query = new URLSearchParams();
  for (const name of ['state', 'label', 'q', 'page', 'instance'] as const) {
    const value = filter[name];
    if (value !== undefined && !(name === 'page' && value === 1)) query.set(name, String(value));
  }
  return query.size > 0 ? `/fleet?${query}` : '/fleet';
}
