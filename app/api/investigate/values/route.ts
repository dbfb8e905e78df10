import { z } from 'zod';
import { route } from '#lib/route';
import { KEY_NAMES } from '#lib/search/keys';
import { seenValues } from '#lib/search/queries';

const schema = z.strictObject({ key: z.enum(KEY_NAMES), part: z.string().max(200) });

/** What completes a key of the query line. */
export const GET = route({ query: schema }, async ({ actor, query }) => ({
  values: await seenValues(actor, query.key, query.part),
}));
