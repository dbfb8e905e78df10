import { decideSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { decideOnce } from '../../../(console)/queue/work.ts';

/** Decides one item; also for a decision that a broken connection made a browser send twice. */
export const POST = route({ body: decideSchema }, ({ actor, body }) => decideOnce(actor, body));
