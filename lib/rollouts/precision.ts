import type { Tx } from '#lib/db';
import { shareInterval } from '#lib/quality/interval';

/** What reviewers said of the hits that came back, and the share of them that was harmful. */
export type Precision = {
  harmful: number;
  benign: number;
  /** Null before anybody decided one; Wilson's 95 % interval, 0 to 1. */
  share: { value: number; low: number; high: number } | null;
};

/** Of the sampled hits of one rule, those that people have decided since `from`. */
export async function precisionOf(tx: Tx, ref: string, from: Date): Promise<Precision> {
  const [row] = await tx.$queryRaw<{ harmful: number; benign: number }[]>`
    SELECT count(*) FILTER (WHERE item.verdict = 'harmful')::int AS harmful,
      count(*) FILTER (WHERE item.verdict = 'benign')::int AS benign
    FROM finding f JOIN interaction i ON i.id = f.interaction_id
    JOIN queue_item item ON item.interaction_id = i.id AND item.state = 'decided'
    WHERE f.detector = 'stopgap' AND f.rule = ${ref} AND i.received_at >= ${from}`;
  const { harmful = 0, benign = 0 } = row ?? {};
  const total = harmful + benign;
  const share = total > 0 ? { value: harmful / total, ...shareInterval(harmful / total, total) } : null;
  return { harmful, benign, share };
}
