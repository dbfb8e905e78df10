import type { ClientBase } from 'pg';
import type { RoutedItem } from './placement.ts';
import type { InteractionRow } from './schema.ts';

/** A checked row with the key it will have if it is new. */
export type NewInteraction = {
  key: string;
  /** Hex. */
  digest: string;
  row: InteractionRow;
};

// One statement writes all that a new interaction is made of; what was here already takes part in nothing.
const INSERT = `
  WITH new AS (
    INSERT INTO interaction (id, source, external_id, digest, occurred_at, received_at, model_name, model_version,
      surface, language, path, actor_id, tier, tenant, prompt, "before", completion, outcome, sampling, control, meta, not_shown)
    SELECT id, $1, external_id, digest, occurred_at, $2, model_name, model_version, surface, language, path, actor_id,
      tier, tenant, prompt, "before", completion, outcome, sampling, control, meta, not_shown
    FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::timestamptz[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
      $18::text[], $19::jsonb[], $20::boolean[], $21::jsonb[], $22::jsonb[])
      AS row (id, external_id, digest, occurred_at, model_name, model_version, surface, language, path, actor_id,
        tier, tenant, prompt, "before", completion, outcome, sampling, control, meta, not_shown)
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING id
  ), said AS (
    INSERT INTO finding (interaction_id, position, detector, rule, category, severity, cwe, message, start, "end")
    SELECT row.* FROM unnest($23::uuid[], $24::smallint[], $25::text[], $26::text[], $27::text[], $28::text[],
      $29::text[], $30::text[], $31::int[], $32::int[])
      AS row (id, position, detector, rule, category, severity, cwe, message, start, "end") JOIN new USING (id)
  ), placed AS (
    INSERT INTO queue_item (interaction_id, queue_id, reviews_needed, severity, category, language, received_at, due_at)
    SELECT row.id, row.queue_id, row.reviews_needed, row.severity, row.category, row.language, $2, row.due_at
    FROM unnest($33::uuid[], $34::uuid[], $35::smallint[], $36::text[], $37::text[], $38::text[], $39::timestamptz[])
      AS row (id, queue_id, reviews_needed, severity, category, language, due_at) JOIN new USING (id)
  ), task AS (
    -- Every new interaction is scanned for secrets, control samples too.
    INSERT INTO analysis_task (interaction_id) SELECT id FROM new
  )
  SELECT id FROM new`;

/** Writes interactions with their findings, places in the queue and analysis tasks; answers the keys that were new. */
export async function insertInteractions(
  client: ClientBase,
  source: string,
  receivedAt: Date,
  batch: NewInteraction[],
  items: RoutedItem[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>({
    name: 'interactions',
    text: INSERT,
    values: [
      source,
      receivedAt.toISOString(),
      ...interactionColumns(batch),
      ...findingColumns(batch),
      ...itemColumns(items),
    ],
  });
  return new Set(rows.map(({ id }) => id));
}

function interactionColumns(batch: NewInteraction[]): unknown[][] {
  const column = <T>(pick: (row: InteractionRow) => T) => batch.map(({ row }) => pick(row));
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  return [
    batch.map(({ key }) => key),
    column((row) => row.id),
    batch.map(({ digest }) => `\\x${digest}`),
    column((row) => new Date(row.occurredAt).toISOString()),
    column((row) => row.model.name),
    column((row) => row.model.version),
    column((row) => row.surface),
    column((row) => row.language),
    column((row) => row.path ?? null),
    column((row) => row.actor.id),
    column((row) => row.actor.tier ?? null),
    column((row) => row.actor.tenant ?? null),
    column((row) => row.prompt),
    column((row) => row.before ?? null),
    column((row) => row.completion),
    column((row) => row.outcome ?? null),
    column((row) => json(row.sampling)),
    column((row) => row.control ?? false),
    column((row) => json(row.meta)),
    column((row) => json(row.notShown?.length ? row.notShown : null)),
  ];
}

/** In the order they were sent. */
function findingColumns(batch: NewInteraction[]): unknown[][] {
  const rows = batch.flatMap(({ key, row }) =>
    row.findings.map((finding, position) => ({ key, position, finding })),
  );
  return [
    rows.map(({ key }) => key),
    rows.map(({ position }) => position),
    rows.map(({ finding }) => finding.detector),
    rows.map(({ finding }) => finding.rule ?? null),
    rows.map(({ finding }) => finding.category),
    rows.map(({ finding }) => finding.severity),
    rows.map(({ finding }) => finding.cwe ?? null),
    rows.map(({ finding }) => finding.message ?? null),
    rows.map(({ finding }) => finding.start ?? null),
    rows.map(({ finding }) => finding.end ?? null),
  ];
}

function itemColumns(items: RoutedItem[]): unknown[][] {
  return [
    items.map(({ key }) => key),
    items.map(({ queueId }) => queueId),
    items.map(({ reviewsNeeded }) => reviewsNeeded),
    items.map(({ severity }) => severity),
    items.map(({ category }) => category),
    items.map(({ language }) => language),
    items.map(({ dueAt }) => dueAt.toISOString()),
  ];
}

/** The digests that are stored under these ids of the caller's, as hex. */
export async function storedDigests(
  client: ClientBase,
  source: string,
  externalIds: string[],
): Promise<Map<string, string>> {
  if (externalIds.length === 0) return new Map();
  const { rows } = await client.query<{ external_id: string; digest: Buffer }>({
    name: 'digests',
    text: 'SELECT external_id, digest FROM interaction WHERE source = $1 AND external_id = ANY($2::text[])',
    values: [source, externalIds],
  });
  return new Map(rows.map((row) => [row.external_id, row.digest.toString('hex')]));
}
