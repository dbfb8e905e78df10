import { createHash } from 'node:crypto';
import type { InteractionRow, Severity } from '#lib/interactions/schema';
import { worstFinding } from '#lib/reviews/priority';
import type { ReviewSettings } from '#lib/settings/schema';
import type { RoutingConditions } from './schema.ts';

/** What of a queue decides who joins it; the columns of `queue`. */
export type RoutingQueue = {
  id: string;
  conditions: RoutingConditions;
  requiredReviews: number;
  secondShare: number | null;
  isDefault: boolean;
};

/** What of a flagged interaction the conditions look at; category and severity are its worst finding's. */
export type Routable = {
  category: string;
  severity: Severity;
  language: string;
  surface: string;
  model: string;
  tenant: string | null;
  tier: string | null;
  detectors: readonly string[];
};

/** A row as the conditions see it; null for one without findings, which joins no queue. */
export function routableOf(row: InteractionRow): Routable | null {
  const worst = worstFinding(row.findings);
  if (!worst) return null;
  return {
    category: worst.category,
    severity: worst.severity,
    language: row.language,
    surface: row.surface,
    model: row.model.name,
    tenant: row.actor.tenant ?? null,
    tier: row.actor.tier ?? null,
    detectors: row.findings.map(({ detector }) => detector),
  };
}

/**
 * The queue an interaction joins: the first, in the order given, whose conditions it meets, else the default one.
 * The list is that of all queues in use by `position`; throws when it has no default, which the first migration made.
 */
export function routeOf<Q extends RoutingQueue>(queues: readonly Q[], row: Routable): Q {
  const queue =
    queues.find((each) => !each.isDefault && meets(each.conditions, row)) ??
    queues.find((each) => each.isDefault);
  if (!queue) throw new Error('There is no default queue.');
  return queue;
}

/** Whether every condition that is given holds; inside one, any of its values will do. */
export function meets(conditions: RoutingConditions, row: Routable): boolean {
  const holds = (values: readonly string[] | undefined, value: string | null) =>
    values === undefined || (value !== null && values.includes(value));
  return (
    holds(conditions.category, row.category) &&
    holds(conditions.severity, row.severity) &&
    holds(conditions.language, row.language) &&
    holds(conditions.surface, row.surface) &&
    holds(conditions.model, row.model) &&
    holds(conditions.tenant, row.tenant) &&
    holds(conditions.tier, row.tier) &&
    (conditions.detector === undefined || row.detectors.some((name) => conditions.detector?.includes(name)))
  );
}

/**
 * How many reviews an item of this queue needs. Where one would do, a share is drawn for a second, blind one: the
 * queue's share or the setting's, and for critical and high items the larger of that and their own. The draw is a
 * hash of the id, so asking again, on any process, answers the same, and a larger share keeps all of a smaller one.
 */
export function reviewsNeededFor(
  queue: Pick<RoutingQueue, 'requiredReviews' | 'secondShare'>,
  settings: Pick<ReviewSettings, 'secondShare' | 'secondShareSevere'>,
  severity: Severity,
  id: string,
): number {
  if (queue.requiredReviews > 1) return queue.requiredReviews;
  const share = queue.secondShare ?? settings.secondShare;
  const severe = severity === 'critical' || severity === 'high';
  return isDrawn(id, severe ? Math.max(share, settings.secondShareSevere) : share) ? 2 : 1;
}

function isDrawn(id: string, share: number): boolean {
  if (share <= 0) return false;
  return createHash('sha256').update(id).digest().readUInt32BE() / 2 ** 32 < share;
}
