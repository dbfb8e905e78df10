import { advanceBodySchema } from '#lib/mitigations/schema';
import { advanceMitigation } from '#lib/rollouts/mutations';
import { route } from '#lib/route';

export const POST = route({ body: advanceBodySchema, optional: true }, ({ actor, params, body }) => {
  const { from, to, reason } = body;
  return advanceMitigation(actor, { mitigation: params.id ?? '', from, to, reason });
});
