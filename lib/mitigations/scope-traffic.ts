import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { IS_FRESH, SERVES } from '#lib/fleet/members';
import { sdkVersions } from '#lib/fleet/readers';
import { authorize } from '#lib/permissions';
import type { RuleScope } from '#sdk/rule';
import type { Counts } from './narrow.ts';
import {
  type ComposerTraffic,
  type NamedTraffic,
  NEWEST,
  type ScopeTraffic,
  trafficIn,
} from './scope-names.ts';

/**
 * Which names the interactions of the last day came with, and how many of them lie in the scope: at most the newest
 * `NEWEST`, found through the index on `received_at`.
 */
export async function scopeTraffic(actor: Actor, scope: RuleScope): Promise<ComposerTraffic> {
  authorize(actor, 'mitigation.read');
  const [traffic, versions] = await Promise.all([trafficOf(db, scope), sdkVersions(db)]);
  return { ...traffic, sdkVersions: versions };
}

/** Not guarded: for verbs that have authorized already. */
export async function trafficOf(client: Tx | typeof db, scope: RuleScope): Promise<ScopeTraffic> {
  const rows = await client.$queryRaw<NamedTraffic[]>`
    SELECT model_name AS model, model_version AS version, tenant, tier, language, surface, count(*)::int AS count,
      (count(*) FILTER (WHERE control))::int AS controls
    FROM (SELECT model_name, model_version, tenant, tier, language, surface, control FROM interaction
      WHERE received_at > now() - interval '1 day' ORDER BY received_at DESC, id LIMIT ${NEWEST}) day
    GROUP BY 1, 2, 3, 4, 5, 6`;
  const [instances] = await client.$queryRaw<Counts[]>`
    SELECT count(*)::int AS total,
      (count(*) FILTER (WHERE i.labels @> ${JSON.stringify(scope.labels ?? {})}::jsonb))::int AS "inScope"
    FROM instance i WHERE ${SERVES} AND ${IS_FRESH}`;
  return { ...trafficIn(rows, scope), instances: instances ?? { inScope: 0, total: 0 } };
}
