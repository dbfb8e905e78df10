import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { refuseGrowth } from '#lib/mitigations/gates';
import { RuleCache } from '#sdk/engine';
import { LIMITS, type Snapshot } from '#sdk/rule';
import { openEnvelope, SnapshotError } from '#sdk/snapshot';
import { payloadSha256 } from '#sdk/tag';
import { writeHead } from './head.ts';
import { lockPublishing } from './lock.ts';
import { giveOut, numbersKnown } from './number.ts';
import { keyId, publicKeyPem, sign } from './signing.ts';
import { toRule, wireRuleSelect } from './wire-rule.ts';

/** How long instances trust a snapshot without a newer one; renewed long before by `renewSnapshot`. */
const VALIDITY_MS = 7 * 24 * 60 * 60_000;

// What was proven once is not compiled and run again at every publish.
const proven = new RuleCache();

/**
 * Signs and stores the next snapshot of everything that is live as this transaction sees it, and answers its
 * sequence number, which lies above every number known to have been given out; the feed hears of it at commit. Throws `invalid`, naming the rule, when one cannot be proven
 * safe to run, and `too_large` when all rules together exceed what instances accept.
 */
export async function publishSnapshot(
  tx: Tx,
  cause: string,
  { acceptGrowth = false }: { acceptGrowth?: boolean | undefined } = {},
): Promise<number> {
  await lockPublishing(tx);
  const [last = { rules: 0, bytes: 0 }] = await tx.$queryRaw<{ rules: number; bytes: number }[]>`
    SELECT rules, octet_length(payload) AS bytes FROM ruleset ORDER BY seq DESC LIMIT 1`;
  const numbers = await numbersKnown(tx);
  const seq = numbers.known + 1;
  const now = new Date();
  const live = await tx.mitigation.findMany({
    where: {
      state: 'live',
      expiresAt: { gt: now },
      OR: [{ approvalDueAt: null }, { approvalDueAt: { gt: now } }],
    },
    orderBy: { number: 'asc' },
    take: LIMITS.rules + 1,
    select: wireRuleSelect,
  });
  if (live.length > LIMITS.rules) {
    throw new AppError('too_large', `More than ${LIMITS.rules} rules would be live. Withdraw one first.`);
  }
  const expiresAt = new Date(now.getTime() + VALIDITY_MS);
  const snapshot: Snapshot = {
    seq,
    issuedAt: now.toISOString(),
    expiresAt: expiresAt.toISOString(),
    rules: live.map(toRule),
  };
  const payload = JSON.stringify(snapshot);
  const envelope = { payload, signature: sign(payload), keyId: keyId() };
  proveLoadable(envelope, snapshot);
  refuseGrowth(last, { rules: live.length, bytes: Buffer.byteLength(payload) }, acceptGrowth);
  await giveOut(tx, seq, numbers);
  await tx.ruleset.create({ data: { seq, ...envelope, rules: live.length, cause, expiresAt } });
  const [{ at } = { at: now }] = await tx.$queryRaw<{ at: Date }[]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS at`;
  await writeHead(tx, { seq, sha256: payloadSha256(payload), at });
  await tx.$executeRaw`SELECT pg_notify('stopgap_ruleset', ${String(seq)})`;
  return seq;
}

/** Opens the envelope exactly as every instance will: signature, form, size, each rule's lint and own tests. */
function proveLoadable(envelope: { payload: string; signature: string; keyId: string }, snapshot: Snapshot) {
  if (Buffer.byteLength(envelope.payload) > LIMITS.snapshotBytes) {
    throw new AppError(
      'too_large',
      `All live rules together are larger than ${LIMITS.snapshotBytes / 1024 / 1024} MiB. Withdraw one first.`,
    );
  }
  try {
    openEnvelope(JSON.stringify(envelope), [publicKeyPem()], { minSeq: snapshot.seq, cache: proven });
    proven.retain(snapshot.rules);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new AppError('invalid', `Nothing was published. ${error.message}`);
  }
}
