import { approveMitigation } from '#lib/mitigations/mutations';
import { approveBodySchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';
import { optionalBody } from '../../optional-body.ts';

export const POST = route({}, async ({ actor, params, request }) => {
  const { version } = await optionalBody(request, approveBodySchema);
  return approveMitigation(actor, { mitigation: params.id ?? '', version });
});
