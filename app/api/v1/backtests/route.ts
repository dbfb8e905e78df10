import { startBacktest } from '#lib/mitigations/backtest';
import { RULE_BODY_BYTES } from '#lib/mitigations/body-size';
import { startBacktestSchema } from '#lib/mitigations/schema';
import { route } from '#lib/route';

export const POST = route(
  { status: 202, body: startBacktestSchema, bodyBytes: RULE_BODY_BYTES },
  ({ actor, body }) => {
    const { mitigation, incident, cluster, ...draft } = body;
    return startBacktest(actor, { draft, mitigation, incident, cluster });
  },
);
