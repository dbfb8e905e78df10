import { approveMitigation } from '#lib/mitigations/mutations';
import { approveBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const POST = route({ body: approveBodySchema, optional: true }, ({ actor, params, body }) =>
  approveMitigation(actor, { ...body, mitigation: params.id ?? '' }),
);
