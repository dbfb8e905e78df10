import { advanceBodySchema } from '#lib/mitigations/schema';
import { advanceMitigation } from '#lib/rollouts/mutations';
import { route } from '#lib/route';

export const POST = route({ body: advanceBodySchema, optional: true }, ({ actor, params, body }) =>
  advanceMitigation(actor, { ...body, mitigation: params.id ?? '' }),
);
