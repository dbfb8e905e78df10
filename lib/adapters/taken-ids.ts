import { db } from '#lib/db';
import type { CheckedRow } from '#lib/interactions/batch';
import { digestOf } from '#lib/interactions/digest';
import type { InteractionRow } from '#lib/interactions/schema';

/** The most that an id may have, without the mark behind it. */
const ID_LENGTH = 300 - 17;

export const JUDGED_BEFORE =
  'This record was stored already under an older table of its adapter; it stays as it was judged.';

/**
 * Tools use an id twice, for a retry or for another of their servers. Other content under an id that is taken is kept
 * under that id, `#` and the first 16 hex digits of its digest, so that sending it again is a duplicate.
 */
export function besides(row: InteractionRow): CheckedRow {
  const id = `${row.id.slice(0, ID_LENGTH).toWellFormed()}#${digestOf(row).slice(0, 16)}`;
  return { id, row: { ...row, id } };
}

/** Of the rows whose ids are taken: those that are here of the same time and by another table, so the same record. */
export async function judgedBefore(
  source: string,
  rows: { id: string; row: InteractionRow }[],
): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const found = await db.$queryRaw<{ id: string }[]>`
    SELECT row.id FROM unnest(${rows.map(({ id }) => id)}::text[],
      ${rows.map(({ row }) => row.occurredAt)}::text[], ${rows.map(({ row }) => mappingOf(row) ?? null)}::text[])
      AS row (id, occurred_at, mapping)
    JOIN interaction ON interaction.source = ${source} AND interaction.external_id = row.id
    WHERE interaction.occurred_at = row.occurred_at::timestamptz
      AND interaction.meta->'adapter'->>'mapping' IS DISTINCT FROM row.mapping`;
  return new Set(found.map(({ id }) => id));
}

function mappingOf({ meta }: InteractionRow): string | undefined {
  return (meta as { adapter?: { mapping?: string } } | null | undefined)?.adapter?.mapping;
}
