import { holdSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { keep } from '../../../(console)/queue/work.ts';

/** Keeps an item beyond a lease. The Idempotency-Key is what it is taken back by. */
export const POST = route({ body: holdSchema }, ({ actor, body }) => keep(actor, body));
