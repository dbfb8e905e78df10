import { z } from 'zod';
import { findSimilar } from '#lib/clusters/similar';
import { route } from '#lib/route';

/** What is like the item on the screen, without what others decided: that would decide for the reader. */
export const GET = route(
  { query: z.strictObject({ interactionId: z.uuid() }) },
  async ({ actor, query: { interactionId } }) => {
    const { items } = await findSimilar(actor, interactionId);
    return {
      items: items.map(({ id, similarity, ref, severity, title, differences }) => ({
        id,
        similarity,
        ref,
        severity,
        title,
        differences,
      })),
    };
  },
);
