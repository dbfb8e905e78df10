import type { Tx } from '#lib/db';
import { secretsIn } from './marked.ts';

/** Texts may be a megabyte each. */
const PAGE = 50;

/**
 * Scans interactions, flagged or not, and keeps where their secrets stand; again changes nothing. Answers how many
 * were found. Runs in the transaction that removes their tasks, so that none counts as scanned before it is.
 */
export async function scanSecrets(tx: Tx, interactionIds: readonly string[]): Promise<number> {
  let count = 0;
  for (let from = 0; from < interactionIds.length; from += PAGE) {
    const rows = await tx.interaction.findMany({
      where: { id: { in: interactionIds.slice(from, from + PAGE) }, erasedAt: null },
      select: {
        id: true,
        prompt: true,
        before: true,
        completion: true,
        findings: { where: { category: 'secret' }, select: { category: true, start: true, end: true } },
      },
    });
    const found = await Promise.all(
      rows.map(async (row) => (await secretsIn(row)).map((span) => ({ id: row.id, ...span }))),
    );
    const spans = found.flat();
    if (spans.length === 0) continue;
    count += await tx.$executeRaw`
      INSERT INTO secret (interaction_id, field, start, "end", rule)
      SELECT * FROM unnest(${spans.map(({ id }) => id)}::uuid[], ${spans.map(({ field }) => field)}::text[],
        ${spans.map(({ start }) => start)}::int[], ${spans.map(({ end }) => end)}::int[],
        ${spans.map(({ rule }) => rule)}::text[])
      ON CONFLICT DO NOTHING`;
  }
  return count;
}
