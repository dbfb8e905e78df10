import { reverseBatch } from '#lib/batches/mutations';
import { parse } from '#lib/parse';
import { reverseBatchSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';

/** Puts what one word decided back, for who said it or a lead. */
export const POST = route({}, ({ actor, params }) =>
  reverseBatch(actor, parse(reverseBatchSchema, { batchId: params.id })),
);
