import type { ClientBase } from 'pg';

/**
 * Hashes of the keys that were revoked or ran out, or whose people lost their access, in the last `withinMs` milliseconds.
 * For those who remember keys between two looks.
 */
export async function endedKeys(client: ClientBase, withinMs: number): Promise<string[]> {
  const { rows } = await client.query<{ hash: string }>({
    name: 'ended-keys',
    text: `SELECT k.hash FROM api_key k
      LEFT JOIN app_user maker ON maker.id = k.created_by_id
      LEFT JOIN app_user holder ON holder.id = k.held_by_id,
      LATERAL (SELECT now() - $1 * interval '1 millisecond' AS since) AS t
      WHERE k.revoked_at > t.since OR (k.expires_at > t.since AND k.expires_at <= now())
        OR maker.disabled_at > t.since OR holder.disabled_at > t.since`,
    values: [withinMs],
  });
  return rows.map(({ hash }) => hash);
}
