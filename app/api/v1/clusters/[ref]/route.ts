import { getCluster } from '#lib/clusters/queries';
import { can } from '#lib/permissions';
import { sinceLive } from '#lib/rollouts/since-live';
import { route } from '#lib/route';

/** One cluster by its id or as C-88; secrets of its representative are masked. */
export const GET = route({}, async ({ actor, params }) => {
  const cluster = await getCluster(actor, params.ref ?? '');
  // A key that may read clusters only is not told of rules.
  const figures = can(actor, 'mitigation.read') ? await sinceLive(actor, { clusterId: cluster.id }) : null;
  return { ...cluster, sinceLive: figures };
});
