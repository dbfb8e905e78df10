import { previewBatch } from '#lib/batches/queries';
import { previewBodySchema } from '#lib/batches/schema';
import { route } from '#lib/route';

/** What there is to look at before one word decides many. Changes nothing: a body because a filter has many parts. */
export const POST = route({ body: previewBodySchema }, ({ actor, body }) => {
  const { clusterId, filter = {}, variants } = body;
  return previewBatch(actor, clusterId === undefined ? { filter } : { clusterId }, variants);
});
