import { resumeMitigation } from '#lib/rollouts/mutations';
import { route } from '#lib/route';

export const POST = route({}, ({ actor, params }) =>
  resumeMitigation(actor, { mitigation: params.id ?? '' }),
);
