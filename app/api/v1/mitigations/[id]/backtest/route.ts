import { startBacktest } from '#lib/mitigations/backtest';
import { getMitigation } from '#lib/mitigations/queries';
import { route } from '#lib/route';

export const POST = route({ status: 202 }, async ({ actor, params }) => {
  const { id: mitigation, scope, matcher, target, when } = await getMitigation(actor, params.id ?? '');
  return startBacktest(actor, { draft: { scope, matcher, target, when }, mitigation });
});
