import { getCluster } from '#lib/clusters/queries';
import { route } from '#lib/route';

/** One cluster by its id or as C-88; secrets of its representative are masked. */
export const GET = route({}, ({ actor, params }) => getCluster(actor, params.ref ?? ''));
