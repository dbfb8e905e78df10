import { publishMitigation } from '#lib/mitigations/mutations';
import { publishBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';
import { optionalBody } from '../../optional-body.ts';

export const POST = route({}, async ({ actor, params, request }) => {
  const { version, breakGlassReason, acceptGrowth } = await optionalBody(request, publishBodySchema);
  return publishMitigation(actor, { mitigation: params.id ?? '', version, breakGlassReason, acceptGrowth });
});
