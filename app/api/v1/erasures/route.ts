import { eraseActor } from '#lib/retention/mutations';
import { eraseActorSchema } from '#lib/retention/schema';
import { route } from '#lib/route';

/** Drops every text of one user of the models; for a signed-in admin, never for a key. */
export const POST = route({ body: eraseActorSchema }, ({ actor, body }) => eraseActor(actor, body));
