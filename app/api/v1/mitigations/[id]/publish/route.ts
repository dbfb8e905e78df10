import { publishMitigation } from '#lib/mitigations/mutations';
import { publishBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const POST = route({ body: publishBodySchema, optional: true }, ({ actor, params, body }) => {
  const { version, breakGlassReason, acceptGrowth } = body;
  return publishMitigation(actor, { mitigation: params.id ?? '', version, breakGlassReason, acceptGrowth });
});
