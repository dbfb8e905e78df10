import { publishMitigation } from '#lib/mitigations/mutations';
import { publishBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const POST = route({ body: publishBodySchema, optional: true }, ({ actor, params, body }) =>
  publishMitigation(actor, { ...body, mitigation: params.id ?? '' }),
);
