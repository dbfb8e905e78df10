import { RULE_BODY_BYTES } from '#lib/mitigations/body-size';
import { editMitigation } from '#lib/mitigations/mutations';
import { getMitigation } from '#lib/mitigations/queries';
import { editBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const GET = route({}, ({ actor, params }) => getMitigation(actor, params.id ?? ''));

export const PATCH = route({ body: editBodySchema, bodyBytes: RULE_BODY_BYTES }, ({ actor, params, body }) =>
  editMitigation(actor, { ...body, mitigation: params.id ?? '' }),
);
