import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Tx } from '#lib/db';
import { latestBacktest } from './backtest.ts';

/**
 * What was known when a rule went out, so that an auditor can check it later from what is kept: both snapshots by
 * their payloads, the incident's interactions by their digests, and the figures of the back-test.
 */
export type Evidence = {
  before: { seq: number; sha256: string } | null;
  after: { seq: number; sha256: string };
  /** SHA-256 over one line per linked interaction, `id digest\n`, in the order of their ids. */
  items: { count: number; sha256: string };
  backtest: { id: string; figures: unknown } | null;
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Gathers it inside the transaction that published `seq`; `sha256` is over its RFC 8785 text. */
export async function gatherEvidence(
  tx: Tx,
  rule: { id: string; version: number; incidentId: string },
  seq: number,
): Promise<{ evidence: Evidence; sha256: string }> {
  const rulesets = await tx.ruleset.findMany({
    where: { seq: { in: [seq - 1, seq] } },
    orderBy: { seq: 'desc' },
    select: { seq: true, payload: true },
  });
  const [after, before] = rulesets.map((ruleset) => ({ seq: ruleset.seq, sha256: sha256(ruleset.payload) }));
  const items = await tx.$queryRaw<{ id: string; digest: string }[]>`
    SELECT i.id::text AS id, encode(i.digest, 'hex') AS digest FROM incident_interaction l
    JOIN interaction i ON i.id = l.interaction_id
    WHERE l.incident_id = ${rule.incidentId}::uuid ORDER BY i.id`;
  const backtest = await latestBacktest(tx, rule.id, rule.version);
  const {
    id,
    finishedAt: _,
    examples: __,
    ...figures
  } = backtest ?? {
    id: '',
    finishedAt: null,
    examples: [],
  };
  const evidence: Evidence = {
    before: before ?? null,
    after: after ?? { seq, sha256: '' },
    items: {
      count: items.length,
      sha256: sha256(items.map((item) => `${item.id} ${item.digest}\n`).join('')),
    },
    backtest: backtest ? { id, figures } : null,
  };
  return { evidence, sha256: sha256(canonicalize(evidence) ?? '') };
}
