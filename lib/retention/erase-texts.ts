import type { Tx } from '#lib/db';
import { maskedMessage, secretValues } from '#lib/secrets/mask';
import { secretsOf } from '#lib/secrets/queries';
import type { ErasedFor } from './schema.ts';

/**
 * Drops the raw text of interactions that still have it: the texts, the path, the sender's data, what users kept, where
 * secrets stood, and detectors' messages that quote one (on request every message). Digest, ids, times, findings and
 * decisions stay, so every proof and every replay holds. Answers the ids it erased, in order.
 */
export async function eraseTexts(tx: Tx, ids: readonly string[], erasedFor: ErasedFor): Promise<string[]> {
  if (ids.length === 0) return [];
  // Before the texts are gone: afterwards nothing could tell that a message quotes a password.
  const quoting = erasedFor === 'request' ? [...ids] : await quotingIds(tx, ids);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE interaction SET prompt = '', "before" = CASE WHEN "before" IS NULL THEN NULL ELSE '' END,
      completion = '', path = NULL, meta = NULL,
      erased_at = date_trunc('milliseconds', clock_timestamp()), erased_for = ${erasedFor}
    WHERE id = ANY(${ids}::uuid[]) AND erased_at IS NULL RETURNING id`;
  await tx.$executeRaw`DELETE FROM secret WHERE interaction_id = ANY(${ids}::uuid[])`;
  await tx.$executeRaw`DELETE FROM analysis_task WHERE interaction_id = ANY(${ids}::uuid[])`;
  await tx.$executeRaw`
    UPDATE outcome SET kept = NULL WHERE interaction_id = ANY(${ids}::uuid[]) AND kept IS NOT NULL`;
  await tx.$executeRaw`
    UPDATE finding SET message = NULL WHERE interaction_id = ANY(${quoting}::uuid[]) AND message IS NOT NULL`;
  return rows.map(({ id }) => id).sort();
}

/** Those of which a detector's message quotes a secret. */
async function quotingIds(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const secrets = await secretsOf(
    ids.map((id) => ({ id })),
    tx,
  );
  const holders = [...secrets].filter(([, spans]) => spans.length > 0).map(([id]) => id);
  const rows = await tx.interaction.findMany({
    where: { id: { in: holders } },
    select: {
      id: true,
      prompt: true,
      before: true,
      completion: true,
      findings: { select: { message: true } },
    },
  });
  return rows
    .filter((row) => {
      const values = secretValues(row, secrets.get(row.id) ?? []);
      return row.findings.some(({ message }) => maskedMessage(message, values) !== message);
    })
    .map(({ id }) => id);
}

/** Items whose text is gone leave the queue undecided: nobody can judge them. Answers their ids. */
export async function expireItems(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE queue_item SET state = 'expired', lease_token = NULL, lease_holder_id = NULL, lease_expires_at = NULL,
      hold_reason = NULL, assignee_id = NULL, assigned_until = NULL
    WHERE interaction_id = ANY(${ids}::uuid[]) AND state = 'pending' RETURNING interaction_id AS id`;
  return rows.map(({ id }) => id).sort();
}
