import type { ClientBase } from 'pg';
import { z } from 'zod';
import { reviewsNeededFor, routableOf, routeOf } from '#lib/queues/routing';
import { routingConditionsSchema } from '#lib/queues/schema';
import { dueAt } from '#lib/reviews/priority';
import { REVIEW_SETTINGS_KEY } from '#lib/settings/queries';
import { DEFAULT_REVIEW_SETTINGS, reviewSettingsSchema } from '#lib/settings/schema';
import type { NewInteraction } from './insert.ts';

/** The place that a flagged interaction takes in the queue. */
export type RoutedItem = {
  key: string;
  queueId: string;
  reviewsNeeded: number;
  severity: string;
  category: string;
  language: string;
  dueAt: Date;
};

const rulesSchema = z.object({
  queues: z
    .array(
      z.object({
        id: z.string(),
        conditions: routingConditionsSchema,
        requiredReviews: z.number(),
        secondShare: z.number().nullable(),
        isDefault: z.boolean(),
      }),
    )
    .nullish()
    .transform((queues) => queues ?? []),
  settings: reviewSettingsSchema.nullish().transform((settings) => settings ?? DEFAULT_REVIEW_SETTINGS),
});
type PlacementRules = z.infer<typeof rulesSchema>;

let parsed: { text: string; rules: PlacementRules } | undefined;

/** The queues in use, in their order, and the shares of second reviews, as they stand now. */
export async function placementRules(client: ClientBase): Promise<PlacementRules> {
  const { rows } = await client.query<{ text: string }>({
    name: 'placement',
    text: `SELECT json_build_object(
      'queues', (SELECT json_agg(json_build_object('id', id, 'conditions', conditions, 'requiredReviews',
        required_reviews, 'secondShare', second_share, 'isDefault', is_default) ORDER BY position)
        FROM queue WHERE archived_at IS NULL),
      'settings', (SELECT value FROM setting WHERE key = $1))::text AS text`,
    values: [REVIEW_SETTINGS_KEY],
  });
  const text = rows[0]?.text ?? '{}';
  // They change by the day and are read with every batch: the same text is parsed once.
  if (parsed?.text !== text) parsed = { text, rules: rulesSchema.parse(JSON.parse(text)) };
  return parsed.rules;
}

/** Places for the flagged ones; a control sample or a row without findings takes none. */
export function placeItems(
  { queues, settings }: PlacementRules,
  receivedAt: Date,
  batch: NewInteraction[],
): RoutedItem[] {
  return batch.flatMap(({ key, row }) => {
    const routable = row.control === true ? null : routableOf(row);
    if (!routable) return [];
    const { severity, category, language } = routable;
    const queue = routeOf(queues, routable);
    const reviewsNeeded = reviewsNeededFor(queue, settings, severity, key);
    return [
      {
        key,
        queueId: queue.id,
        reviewsNeeded,
        severity,
        category,
        language,
        dueAt: dueAt(receivedAt, severity),
      },
    ];
  });
}
