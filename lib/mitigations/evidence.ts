import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Tx } from '#lib/db';
import type { latestBacktest } from './backtest.ts';

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
  /** What was published, and what each approver agreed to, by lib/mitigations/content.ts. */
  rule: { published: string; approved: { approverId: string; digest: string | null }[] };
};

type Known = NonNullable<Awaited<ReturnType<typeof latestBacktest>>>;

/** What a decision rests on: the figures; examples may be erased. */
const relied = ({ id, finishedAt: _, examples: __, ...figures }: Known) => ({ id, figures });

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Gathers it inside the transaction that published `seq`; `sha256` is over its RFC 8785 text. */
export async function gatherEvidence(
  tx: Tx,
  rule: { id: string; incidentId: string },
  seq: number,
  backtest: Known | null,
  agreed: Evidence['rule'],
): Promise<{ evidence: Evidence; sha256: string }> {
  // Where they are: a snapshot may have eight megabytes.
  const rulesets = await tx.$queryRaw<{ seq: number; sha256: string }[]>`
    SELECT seq, encode(sha256(convert_to(payload, 'UTF8')), 'hex') AS sha256 FROM ruleset
    WHERE seq <= ${seq} ORDER BY seq DESC LIMIT 2`;
  // After a restore numbers have gaps: the one before is not always one less.
  const before = rulesets.find((ruleset) => ruleset.seq < seq) ?? null;
  const after = rulesets.find((ruleset) => ruleset.seq === seq);
  const items = await tx.$queryRaw<{ id: string; digest: string }[]>`
    SELECT i.id::text AS id, encode(i.digest, 'hex') AS digest FROM incident_interaction l
    JOIN interaction i ON i.id = l.interaction_id
    WHERE l.incident_id = ${rule.incidentId}::uuid ORDER BY i.id`;
  const evidence: Evidence = {
    before,
    after: after ?? { seq, sha256: '' },
    items: {
      count: items.length,
      sha256: sha256(items.map((item) => `${item.id} ${item.digest}\n`).join('')),
    },
    backtest: backtest && relied(backtest),
    rule: agreed,
  };
  return { evidence, sha256: sha256(canonicalize(evidence) ?? '') };
}
