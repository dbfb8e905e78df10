import { startBacktest } from '#lib/mitigations/backtest';
import { startBacktestSchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const POST = route({ status: 202, body: startBacktestSchema }, ({ actor, body }) => {
  const { mitigation, incident, cluster, ...draft } = body;
  return startBacktest(actor, { draft, mitigation, incident, cluster });
});
