import { backtest } from '#lib/mitigations/backtest';
import { getMitigation } from '#lib/mitigations/queries';
import { route } from '#lib/route';

export const POST = route({}, async ({ actor, params }) => {
  const { scope, matcher, target, incidentId } = await getMitigation(actor, params.id ?? '');
  return backtest(actor, { scope, matcher, target }, { incidentId });
});
