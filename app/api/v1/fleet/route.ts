import { listExpectations } from '#lib/fleet/expectations';
import { listGaps } from '#lib/fleet/gaps';
import { headline } from '#lib/fleet/headline';
import { filterFleet } from '#lib/fleet/instance-filter';
import { adoptionHistogram, getAdoption, listInstances } from '#lib/fleet/queries';
import { fleetQuerySchema } from '#lib/fleet/schema';
import { route } from '#lib/route';

/**
 * The fleet in one sentence, adoption of the newest ruleset (or of `?seq=`), a page of the instances the filter
 * leaves, where rules do not hold, and the time-to-adopt of the last publishes.
 */
export const GET = route({ query: fleetQuerySchema }, async ({ actor, query: { seq, ...filter } }) => {
  const [adoption, fleet, publishes, gaps, expectations] = await Promise.all([
    getAdoption(actor, seq),
    listInstances(actor),
    adoptionHistogram(actor),
    listGaps(actor),
    listExpectations(actor),
  ]);
  const { items: instances, ...part } = filterFleet(fleet.items, filter);
  // The sentence is of the newest ruleset, whichever one was asked for.
  const newest = adoption.supersededBy === null ? adoption : await getAdoption(actor);
  const said = headline(fleet.items, fleet.newestSeq, newest, fleet.now, expectations);
  return { headline: said, adoption, instances, ...part, total: fleet.total, gaps, expectations, publishes };
});
