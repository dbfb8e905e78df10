import { withdrawMitigation } from '#lib/mitigations/mutations';
import { withdrawBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const POST = route({ body: withdrawBodySchema }, ({ actor, params, body }) =>
  withdrawMitigation(actor, { mitigation: params.id ?? '', reason: body.reason }),
);
