import { skipSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { pass } from '../../../(console)/queue/work.ts';

/** Hides an item from this person. The Idempotency-Key is what it is taken back by. */
export const POST = route({ body: skipSchema }, ({ actor, body }) => pass(actor, body));
