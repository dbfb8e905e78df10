import { listClusters } from '#lib/clusters/queries';
import { listClustersSchema } from '#lib/clusters/schema';
import { parse } from '#lib/parse';
import { route } from '#lib/route';

export const GET = route({}, ({ actor, query }) =>
  listClusters(actor, parse(listClustersSchema, Object.fromEntries(query))),
);
