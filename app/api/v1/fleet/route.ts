import { adoptionHistogram, getAdoption, listInstances } from '#lib/fleet/queries';
import { fleetQuerySchema } from '#lib/fleet/schema';
import { parse } from '#lib/parse';
import { route } from '#lib/route';

/** Adoption of the newest ruleset (or of `?seq=`), every instance, and the time-to-adopt of the last publishes. */
export const GET = route({}, async ({ actor, query }) => {
  const { seq } = parse(fleetQuerySchema, Object.fromEntries(query));
  const [adoption, instances, publishes] = await Promise.all([
    getAdoption(actor, seq),
    listInstances(actor),
    adoptionHistogram(actor),
  ]);
  return { adoption, instances: instances.items, total: instances.total, publishes };
});
