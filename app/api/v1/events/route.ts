import { eventsAfter } from '#lib/audit/queries';
import { eventsAfterSchema } from '#lib/audit/schema';
import { route } from '#lib/route';

export const GET = route({ query: eventsAfterSchema }, ({ actor, query }) => eventsAfter(actor, query));
