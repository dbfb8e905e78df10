import { decideCluster, decideFilter } from '#lib/batches/mutations';
import { decideBatchSchema } from '#lib/batches/schema';
import { route } from '#lib/route';

/** One word for many; for a signed-in person, never for a key. */
export const POST = route({ body: decideBatchSchema, status: 201 }, ({ actor, body }) => {
  const { clusterId, filter = {}, ...word } = body;
  return clusterId === undefined
    ? decideFilter(actor, { filter, ...word })
    : decideCluster(actor, { clusterId, ...word });
});
