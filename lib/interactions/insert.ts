import type { Tx } from '#lib/db';
import { dueAt, worstFinding } from '#lib/reviews/priority';
import type { InteractionRow } from './schema.ts';

/** A checked row with the key it will have if it is new. */
export type NewInteraction = {
  key: string;
  source: string;
  receivedAt: Date;
  /** Hex. */
  digest: string;
  row: InteractionRow;
};

/** One statement for the whole batch; answers the caller's ids of the rows that were new. */
export async function insertInteractions(tx: Tx, batch: NewInteraction[]): Promise<Set<string>> {
  const column = <T>(pick: (row: InteractionRow) => T) => batch.map(({ row }) => pick(row));
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  const inserted = await tx.$queryRaw<{ external_id: string }[]>`
    INSERT INTO interaction (id, source, external_id, digest, occurred_at, received_at, model_name, model_version,
      surface, language, path, actor_id, tier, tenant, prompt, "before", completion, outcome, sampling, control, meta)
    SELECT row.id::uuid, row.source, row.external_id, decode(row.digest, 'hex'), row.occurred_at::timestamptz,
      row.received_at::timestamptz, row.model_name, row.model_version, row.surface, row.language, row.path,
      row.actor_id, row.tier, row.tenant, row.prompt, row."before", row.completion, row.outcome,
      row.sampling::jsonb, row.control, row.meta::jsonb
    FROM unnest(
      ${batch.map(({ key }) => key)}::text[], ${batch.map(({ source }) => source)}::text[], ${column((row) => row.id)}::text[],
      ${batch.map(({ digest }) => digest)}::text[], ${column((row) => new Date(row.occurredAt).toISOString())}::text[],
      ${batch.map(({ receivedAt }) => receivedAt.toISOString())}::text[],
      ${column((row) => row.model.name)}::text[], ${column((row) => row.model.version)}::text[],
      ${column((row) => row.surface)}::text[], ${column((row) => row.language)}::text[],
      ${column((row) => row.path ?? null)}::text[], ${column((row) => row.actor.id)}::text[],
      ${column((row) => row.actor.tier ?? null)}::text[], ${column((row) => row.actor.tenant ?? null)}::text[],
      ${column((row) => row.prompt)}::text[], ${column((row) => row.before ?? null)}::text[],
      ${column((row) => row.completion)}::text[], ${column((row) => row.outcome ?? null)}::text[],
      ${column((row) => json(row.sampling))}::text[], ${column((row) => row.control ?? false)}::boolean[],
      ${column((row) => json(row.meta))}::text[]
    ) AS row (id, source, external_id, digest, occurred_at, received_at, model_name, model_version, surface, language,
      path, actor_id, tier, tenant, prompt, "before", completion, outcome, sampling, control, meta)
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING external_id`;
  return new Set(inserted.map((row) => row.external_id));
}

/** Findings of new interactions, in the order they were sent. */
export async function insertFindings(tx: Tx, batch: NewInteraction[]): Promise<void> {
  const rows = batch.flatMap(({ key, row }) =>
    row.findings.map((finding, position) => ({ key, position, ...finding })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO finding (interaction_id, position, detector, rule, category, severity, cwe, message, start, "end")
    SELECT row.interaction_id::uuid, row.position::smallint, row.detector, row.rule, row.category, row.severity,
      row.cwe, row.message, row.start, row."end"
    FROM unnest(
      ${rows.map(({ key }) => key)}::text[], ${rows.map(({ position }) => position)}::int[],
      ${rows.map(({ detector }) => detector)}::text[], ${rows.map(({ rule }) => rule ?? null)}::text[],
      ${rows.map(({ category }) => category)}::text[], ${rows.map(({ severity }) => severity)}::text[],
      ${rows.map(({ cwe }) => cwe ?? null)}::text[], ${rows.map(({ message }) => message ?? null)}::text[],
      ${rows.map(({ start }) => start ?? null)}::int[], ${rows.map(({ end }) => end ?? null)}::int[]
    ) AS row (interaction_id, position, detector, rule, category, severity, cwe, message, start, "end")`;
}

/** Where a flagged interaction goes and how many must decide it, see lib/queues/routing.ts. */
export type Place = { queueId: string; reviewsNeeded: number };

/** A place in the queue for each flagged interaction, by its worst finding. */
export async function insertQueueItems(
  tx: Tx,
  batch: NewInteraction[],
  placeOf: (interaction: NewInteraction) => Place,
): Promise<void> {
  const rows = batch.flatMap((interaction) => {
    const worst = worstFinding(interaction.row.findings);
    return worst ? [{ ...interaction, ...placeOf(interaction), worst }] : [];
  });
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO queue_item (interaction_id, queue_id, reviews_needed, severity, category, language, received_at, due_at)
    SELECT row.interaction_id::uuid, row.queue_id::uuid, row.reviews_needed::smallint, row.severity, row.category,
      row.language, row.received_at::timestamptz, row.due_at::timestamptz
    FROM unnest(
      ${rows.map(({ key }) => key)}::text[], ${rows.map(({ queueId }) => queueId)}::text[],
      ${rows.map(({ reviewsNeeded }) => reviewsNeeded)}::int[], ${rows.map(({ worst }) => worst.severity)}::text[],
      ${rows.map(({ worst }) => worst.category)}::text[], ${rows.map(({ row }) => row.language)}::text[],
      ${rows.map(({ receivedAt }) => receivedAt.toISOString())}::text[],
      ${rows.map(({ receivedAt, worst }) => dueAt(receivedAt, worst.severity).toISOString())}::text[]
    ) AS row (interaction_id, queue_id, reviews_needed, severity, category, language, received_at, due_at)`;
}

/** Work for the analysis: every new interaction is scanned for secrets, control samples too. */
export async function insertAnalysisTasks(tx: Tx, batch: NewInteraction[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO analysis_task (interaction_id) SELECT unnest(${batch.map(({ key }) => key)}::uuid[])`;
}
