import { handOverSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { give } from '../../../(console)/queue/work.ts';

/** Hands an item to one person. The Idempotency-Key is what it is taken back by. */
export const POST = route({ body: handOverSchema }, ({ actor, body }) => give(actor, body));
