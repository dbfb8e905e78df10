import type { Tx } from '#lib/db';
import { scopeOf } from './scope.ts';
import { clusteredText, type Shape, shapeOf } from './shape.ts';

/** A flagged interaction on its way into a cluster. */
export type Arrival = { interactionId: string; scope: string; shape: Shape; receivedAt: Date };

export type FlaggedRow = {
  id: string;
  language: string;
  prompt: string;
  completion: string;
  receivedAt: Date;
  detector: string;
  rule: string | null;
  category: string;
};

export function arrivalOf(row: FlaggedRow): Arrival {
  const { text, language } = clusteredText(row);
  return {
    interactionId: row.id,
    scope: scopeOf(row, row.language),
    shape: shapeOf(text, language),
    receivedAt: row.receivedAt,
  };
}

/**
 * Those of the given interactions that may join a cluster: flagged (in the queue), with their text, not a member yet.
 * The finding is the one that gave the queue item its category and severity.
 */
export async function readFlagged(tx: Tx, ids: string[]): Promise<FlaggedRow[]> {
  if (ids.length === 0) return [];
  return tx.$queryRaw<FlaggedRow[]>`
    SELECT i.id, i.language, i.prompt, i.completion, i.received_at AS "receivedAt",
      coalesce(f.detector, '') AS detector, f.rule, q.category
    FROM unnest(${ids}::uuid[]) AS given (id)
    JOIN interaction i ON i.id = given.id
    JOIN queue_item q ON q.interaction_id = i.id
    LEFT JOIN LATERAL (
      SELECT detector, rule FROM finding
      WHERE interaction_id = i.id AND category = q.category AND severity = q.severity
      ORDER BY position LIMIT 1) f ON true
    WHERE i.erased_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM cluster_member m WHERE m.interaction_id = i.id)
    ORDER BY i.id`;
}
