import { listExpectations } from '#lib/fleet/expectations';
import { expectInstances } from '#lib/fleet/mutations';
import { expectInstancesSchema } from '#lib/fleet/schema';
import { route } from '#lib/route';

export const GET = route({}, async ({ actor }) => ({ items: await listExpectations(actor) }));

export const POST = route({ body: expectInstancesSchema }, ({ actor, body }) => expectInstances(actor, body));
