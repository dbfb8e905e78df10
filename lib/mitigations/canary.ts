import type { db, Tx } from '#lib/db';
import { IS_ESTABLISHED, IS_FRESH, IS_NEWCOMER, SERVES } from '#lib/fleet/members';
import { type Plan, withCanaryOf } from './plan.ts';

/** Names of the processes that serve and were heard of lately: those a canary can be tried on. OPA draws by its label. */
export async function connectedInstances(tx: Tx | typeof db): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT coalesce(i.name, i.id) AS id FROM instance i
    WHERE ${SERVES} AND ${IS_FRESH} AND ${IS_ESTABLISHED} AND NOT ${IS_NEWCOMER} AND i.kind <> 'opa' ORDER BY i.id`;
  return rows.map(({ id }) => id);
}

/** The plan as it is written down: the share that people agree to is the one that is signed, so it is fitted before. */
export async function fittedPlan(tx: Tx, ruleId: string, plan: Plan): Promise<Plan> {
  return withCanaryOf(plan, ruleId, await connectedInstances(tx));
}
