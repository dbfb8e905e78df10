import { listClusters } from '#lib/clusters/queries';
import { listClustersSchema } from '#lib/clusters/schema';
import { route } from '#lib/route';

export const GET = route({ query: listClustersSchema }, ({ actor, query }) => listClusters(actor, query));
