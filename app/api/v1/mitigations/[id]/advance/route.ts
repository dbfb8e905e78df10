import { advanceBodySchema } from '#lib/mitigations/schema';
import { advanceMitigation } from '#lib/rollouts/mutations';
import { route } from '#lib/route';
import { optionalBody } from '../../optional-body.ts';

export const POST = route({}, async ({ actor, params, request }) => {
  const { from, to, reason } = await optionalBody(request, advanceBodySchema);
  return advanceMitigation(actor, { mitigation: params.id ?? '', from, to, reason });
});
