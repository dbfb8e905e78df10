import type { Tx } from '#lib/db';
import type { Severity } from '#lib/interactions/schema';
import { dueAt, worstFinding } from '#lib/reviews/priority';

/** What new findings did to an interaction's place in the queue. */
export type Placed = 'joined' | 'moved' | 'unchanged' | 'decided' | 'none';

type Item = { severity: Severity; category: string; receivedAt: Date; spread: number; state: string };

/**
 * Gives each interaction the place that its findings ask for, in the caller's transaction, which holds the
 * interactions' locks. What waits already comes forward when something more severe is said of it and never goes back;
 * a control sample stays out of the queue, as it does at ingest.
 */
export async function placeInQueue(tx: Tx, keys: string[]): Promise<Map<string, Placed>> {
  const worst = await worstOf(tx, keys);
  const items = await lockItems(tx, keys);
  const placed = new Map<string, Placed>();
  const joining: string[] = [];
  const moving: string[] = [];
  for (const key of keys) {
    const now = worst.get(key);
    const item = items.get(key);
    if (!now) placed.set(key, 'none');
    else if (!item) joining.push(key);
    else if (item.state !== 'pending') placed.set(key, 'decided');
    else if (now.severity !== item.severity || now.category !== item.category) moving.push(key);
    else placed.set(key, 'unchanged');
  }
  for (const key of await join(tx, joining, worst)) placed.set(key, 'joined');
  await move(tx, moving, worst, items);
  for (const key of moving) placed.set(key, 'moved');
  return placed;
}

type Worst = Map<string, { severity: Severity; category: string }>;

async function worstOf(tx: Tx, keys: string[]): Promise<Worst> {
  const rows = await tx.finding.findMany({
    where: { interactionId: { in: keys } },
    orderBy: [{ interactionId: 'asc' }, { position: 'asc' }],
    select: { interactionId: true, severity: true, category: true },
  });
  const byKey = Map.groupBy(rows, (row) => row.interactionId);
  return new Map(
    [...byKey].flatMap(([key, findings]) => {
      // Checked on their way in, so their severity is one of the four words.
      const found = worstFinding(findings.map((each) => ({ ...each, severity: each.severity as Severity })));
      return found ? [[key, found] as const] : [];
    }),
  );
}

async function lockItems(tx: Tx, keys: string[]): Promise<Map<string, Item>> {
  const rows = await tx.$queryRaw<(Item & { key: string })[]>`
    SELECT interaction_id AS key, state, severity, category, received_at AS "receivedAt", spread FROM queue_item
    WHERE interaction_id = ANY(${keys}::uuid[]) ORDER BY interaction_id FOR UPDATE`;
  return new Map(rows.map(({ key, ...item }) => [key, item]));
}

/** Into the queue, as of now: its time to be decided runs from when somebody first said something. */
async function join(tx: Tx, keys: string[], worst: Worst): Promise<string[]> {
  if (keys.length === 0) return [];
  const now = new Date();
  const of = <T>(pick: (found: { severity: Severity; category: string }) => T) =>
    keys.flatMap((key) => {
      const found = worst.get(key);
      return found ? [pick(found)] : [];
    });
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at)
    SELECT interaction.id, row.severity, row.category, interaction.language, ${now}, row.due_at::timestamptz
    FROM unnest(${keys}::text[], ${of(({ severity }) => severity)}::text[], ${of(({ category }) => category)}::text[],
      ${of(({ severity }) => dueAt(now, severity).toISOString())}::text[]) AS row (key, severity, category, due_at)
    JOIN interaction ON interaction.id = row.key::uuid AND NOT interaction.control
    RETURNING interaction_id AS id`;
  // Clusters are made of what is flagged, and this has only now become that.
  await tx.$executeRaw`
    INSERT INTO analysis_task (interaction_id) SELECT unnest(${rows.map(({ id }) => id)}::uuid[])
    ON CONFLICT DO NOTHING`;
  return rows.map(({ id }) => id);
}

async function move(tx: Tx, keys: string[], worst: Worst, items: Map<string, Item>): Promise<void> {
  if (keys.length === 0) return;
  const rows = keys.flatMap((key) => {
    const item = items.get(key);
    const found = worst.get(key);
    return item && found ? [{ key, ...found, due: dueAt(item.receivedAt, found.severity) }] : [];
  });
  await tx.$executeRaw`
    UPDATE queue_item AS item SET severity = row.severity, category = row.category,
      due_at = LEAST(item.due_at, row.due_at::timestamptz)
    FROM unnest(${rows.map(({ key }) => key)}::text[], ${rows.map(({ severity }) => severity)}::text[],
      ${rows.map(({ category }) => category)}::text[], ${rows.map(({ due }) => due.toISOString())}::text[]
    ) AS row (key, severity, category, due_at)
    WHERE item.interaction_id = row.key::uuid`;
}
