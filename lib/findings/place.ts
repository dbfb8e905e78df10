import type { Tx } from '#lib/db';
import type { Severity } from '#lib/interactions/schema';
import { routingQueues } from '#lib/queues/queries';
import { type Routable, reviewsNeededFor, routeOf } from '#lib/queues/routing';
import { dueAt, worstFinding } from '#lib/reviews/priority';
import { reviewSettings } from '#lib/settings/queries';

/** What new findings did to an interaction's place in the queue. */
type Placed = 'joined' | 'moved' | 'unchanged' | 'decided' | 'none';

type Item = {
  severity: Severity;
  category: string;
  queueId: string;
  receivedAt: Date;
  spread: number;
  state: string;
};
type Place = {
  key: string;
  severity: Severity;
  category: string;
  queueId: string;
  needed: number;
  due: Date;
};

/**
 * Gives each interaction the place that all its findings ask for, in the caller's transaction, which holds the
 * interactions' locks. What waits already comes forward when something more severe is said of it, never goes back, and
 * changes its queue when it now meets another's conditions; claims and reviews on it stay. A control sample stays out
 * of the queue, as it does at ingest.
 */
export async function placeInQueue(tx: Tx, keys: string[]): Promise<Map<string, Placed>> {
  const routables = await routablesOf(tx, keys);
  const items = await lockItems(tx, keys);
  const queues = await routingQueues(tx);
  const settings = await reviewSettings(tx);
  const now = new Date();
  const placed = new Map<string, Placed>();
  const joining: Place[] = [];
  const moving: Place[] = [];
  for (const key of keys) {
    const routable = routables.get(key);
    const item = items.get(key);
    if (!routable) {
      placed.set(key, 'none');
      continue;
    }
    if (item && item.state !== 'pending') {
      placed.set(key, 'decided');
      continue;
    }
    const { severity, category } = routable;
    const queue = routeOf(queues, routable);
    const place = {
      key,
      severity,
      category,
      queueId: queue.id,
      needed: reviewsNeededFor(queue, settings, severity, key),
    };
    // A first finding's time runs from now: nobody could have decided before anything was said.
    if (!item) joining.push({ ...place, due: dueAt(now, severity) });
    else if (severity === item.severity && category === item.category && queue.id === item.queueId)
      placed.set(key, 'unchanged');
    else moving.push({ ...place, due: dueAt(item.receivedAt, severity, item.spread) });
  }
  await join(tx, joining, now);
  await move(tx, moving);
  for (const { key } of joining) placed.set(key, 'joined');
  for (const { key } of moving) placed.set(key, 'moved');
  return placed;
}

/** What queues look at, by all findings; without control samples and what has none. */
async function routablesOf(tx: Tx, keys: string[]): Promise<Map<string, Routable>> {
  const rows = await tx.interaction.findMany({
    where: { id: { in: keys }, control: false },
    select: {
      id: true,
      language: true,
      surface: true,
      modelName: true,
      tenant: true,
      tier: true,
      findings: { orderBy: { position: 'asc' }, select: { severity: true, category: true, detector: true } },
    },
  });
  return new Map(
    rows.flatMap(({ id, modelName, findings, ...row }) => {
      // Checked on their way in, so their severity is one of the four words.
      const worst = worstFinding(findings.map((each) => ({ ...each, severity: each.severity as Severity })));
      if (!worst) return [];
      const { severity, category } = worst;
      const detectors = findings.map(({ detector }) => detector);
      return [[id, { ...row, model: modelName, severity, category, detectors }] as const];
    }),
  );
}

async function lockItems(tx: Tx, keys: string[]): Promise<Map<string, Item>> {
  const rows = await tx.$queryRaw<(Item & { key: string })[]>`
    SELECT interaction_id AS key, state, severity, category, queue_id AS "queueId", received_at AS "receivedAt", spread
    FROM queue_item WHERE interaction_id = ANY(${keys}::uuid[]) ORDER BY interaction_id FOR UPDATE`;
  return new Map(rows.map(({ key, ...item }) => [key, item]));
}

async function join(tx: Tx, places: Place[], now: Date): Promise<void> {
  if (places.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO queue_item (interaction_id, queue_id, reviews_needed, severity, category, language, received_at, due_at)
    SELECT interaction.id, row.queue_id::uuid, row.needed::smallint, row.severity, row.category, interaction.language,
      ${now.toISOString()}::timestamptz, row.due_at::timestamptz
    FROM unnest(
      ${places.map(({ key }) => key)}::text[], ${places.map(({ queueId }) => queueId)}::text[],
      ${places.map(({ needed }) => needed)}::int[], ${places.map(({ severity }) => severity)}::text[],
      ${places.map(({ category }) => category)}::text[], ${places.map(({ due }) => due.toISOString())}::text[]
    ) AS row (key, queue_id, needed, severity, category, due_at)
    JOIN interaction ON interaction.id = row.key::uuid`;
  // Clusters are made of what is flagged, and this has only now become that.
  await tx.$executeRaw`
    INSERT INTO analysis_task (interaction_id) SELECT unnest(${places.map(({ key }) => key)}::uuid[])
    ON CONFLICT DO NOTHING`;
}

/** More reviews may be asked for than before, never fewer; a disagreement is the lead's whatever is found now. */
async function move(tx: Tx, places: Place[]): Promise<void> {
  if (places.length === 0) return;
  await tx.$executeRaw`
    UPDATE queue_item AS item SET severity = row.severity, category = row.category, queue_id = row.queue_id::uuid,
      reviews_needed = CASE WHEN item.stage = 'adjudication' THEN item.reviews_needed
        ELSE GREATEST(item.reviews_needed, row.needed::smallint) END,
      due_at = LEAST(item.due_at, row.due_at::timestamptz)
    FROM unnest(
      ${places.map(({ key }) => key)}::text[], ${places.map(({ queueId }) => queueId)}::text[],
      ${places.map(({ needed }) => needed)}::int[], ${places.map(({ severity }) => severity)}::text[],
      ${places.map(({ category }) => category)}::text[], ${places.map(({ due }) => due.toISOString())}::text[]
    ) AS row (key, queue_id, needed, severity, category, due_at)
    WHERE item.interaction_id = row.key::uuid`;
}
