import { mitigationVersions } from '#lib/mitigations/versions';
import { route } from '#lib/route';

export const GET = route({}, async ({ actor, params }) => ({
  items: await mitigationVersions(actor, params.id ?? ''),
}));
