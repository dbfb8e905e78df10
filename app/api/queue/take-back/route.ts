import { takeBackSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { recall } from '../../../(console)/queue/work.ts';

/** Takes back what was sent under an Idempotency-Key, whether or not it has arrived. */
export const POST = route({ body: takeBackSchema }, ({ actor, body }) => recall(actor, body));
