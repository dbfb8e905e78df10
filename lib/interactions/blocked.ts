import type { ClientBase } from 'pg';
import { z } from 'zod';
import type { NewInteraction } from './insert.ts';

/** What a serving layer may say of its guard's decision in `meta`: docs/fleet.md. */
const decisionSchema = z.object({
  verdict: z.literal('block'),
  rules: z.array(z.string()).min(1).max(1_000),
});

/** Instances' clocks, and the way of a publish. */
const SLACK = "interval '1 minute'";

/** Rules by which a row says that it was blocked, as numbers of `R-…`; empty where it says nothing of the kind. */
export function blockedByRules(meta: unknown): number[] {
  const said = decisionSchema.safeParse(meta);
  if (!said.success) return [];
  return said.data.rules.flatMap((ref) => {
    const number = /^R-(\d{1,9})$/.exec(ref)?.[1];
    return number === undefined ? [] : Number(number);
  });
}

/**
 * Takes new items out of the queue whose interaction a live rule blocked: nobody was served it, and a wave that is
 * stopped must not come back as overdue work. Only a rule that was live then, in enforcement, with an action that blocks
 * counts: a source cannot hide what it likes. Answers how many.
 */
export async function settleBlocked(client: ClientBase, fresh: NewInteraction[]): Promise<number> {
  const said = fresh.flatMap(({ key, row }) =>
    blockedByRules(row.meta).map((number) => ({ key, number, at: new Date(row.occurredAt).toISOString() })),
  );
  if (said.length === 0) return 0;
  const { rowCount } = await client.query({
    name: 'interactions.blocked',
    text: `UPDATE queue_item AS item SET state = 'blocked', blocked_by_id = by_rule.id
      FROM (SELECT DISTINCT ON (given.key) given.key, m.id
        FROM unnest($1::uuid[], $2::int[], $3::timestamptz[]) AS given (key, number, at)
        JOIN mitigation m ON m.number = given.number
        WHERE m.mode = 'enforce' AND m.stage <> 'shadow' AND m.action IN ('block', 'disable', 'drop')
          AND m.published_at <= given.at + ${SLACK}
          AND (m.ended_at IS NULL OR m.ended_at >= given.at - ${SLACK})
        ORDER BY given.key, m.number) AS by_rule
      WHERE item.interaction_id = by_rule.key AND item.state = 'pending'`,
    values: [said.map(({ key }) => key), said.map(({ number }) => number), said.map(({ at }) => at)],
  });
  return rowCount ?? 0;
}
