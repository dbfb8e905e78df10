import { editMitigation } from '#lib/mitigations/mutations';
import { getMitigation } from '#lib/mitigations/queries';
import { editBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const GET = route({}, ({ actor, params }) => getMitigation(actor, params.id ?? ''));

export const PATCH = route({ body: editBodySchema }, ({ actor, params, body }) =>
  editMitigation(actor, { ...body, mitigation: params.id ?? '' }),
);
