import { RULE_BODY_BYTES } from '#lib/mitigations/body-size';
import { draftMitigation } from '#lib/mitigations/mutations';
import { listMitigations } from '#lib/mitigations/queries';
import { draftMitigationSchema, listMitigationsSchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const GET = route({ query: listMitigationsSchema }, ({ actor, query }) =>
  listMitigations(actor, query),
);

export const POST = route(
  { body: draftMitigationSchema, bodyBytes: RULE_BODY_BYTES, status: 201 },
  ({ actor, body }) => draftMitigation(actor, body),
);
