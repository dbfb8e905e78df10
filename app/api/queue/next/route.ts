import { claimNextSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { next } from '../../../(console)/queue/work.ts';

// Routes, not server actions: actions wait for one another, and a decision must not wait for the item after it.
/** Claims and fetches the item that a workbench shows next. */
export const POST = route({ body: claimNextSchema }, ({ actor, body }) => next(actor, body));
