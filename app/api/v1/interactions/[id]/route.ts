import { getInteraction } from '#lib/interactions/queries';
import { route } from '#lib/route';

/** One interaction with findings, reviews and the incidents it belongs to. */
export const GET = route({}, ({ actor, params }) => getInteraction(actor, params.id ?? ''));
