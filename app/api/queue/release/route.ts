import { leaseSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';
import { releaseIfHeld } from '../../../(console)/queue/work.ts';

/** Called by a workbench that is being closed, when a server action would no longer be sent. */
export const POST = route({ body: leaseSchema }, async ({ actor, body }) => {
  await releaseIfHeld(actor, body);
  return new Response(null, { status: 204 });
});
