import { releaseClaim } from '#lib/claims/mutations';
import { AppError } from '#lib/errors';
import { leaseSchema } from '#lib/reviews/schema';
import { route } from '#lib/route';

/** Called by a workbench that is being closed, when a server action would no longer be sent. */
export const POST = route({ body: leaseSchema }, async ({ actor, body }) => {
  try {
    await releaseClaim(actor, body);
  } catch (error) {
    // The item may be decided or taken by now, and then there is nothing to give back.
    if (!(error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found')))
      throw error;
  }
  return new Response(null, { status: 204 });
});
