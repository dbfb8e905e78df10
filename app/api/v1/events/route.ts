import { eventsAfter } from '#lib/audit/queries';
import { eventsAfterSchema } from '#lib/audit/schema';
import { parse } from '#lib/parse';
import { route } from '#lib/route';

export const GET = route({}, ({ actor, query }) =>
  eventsAfter(actor, parse(eventsAfterSchema, Object.fromEntries(query))),
);
