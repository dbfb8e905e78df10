import type { ClientBase } from 'pg';
import type { Actor } from '#lib/actor';
import { type EventInput, recordEventsOn } from '#lib/audit/record';
import { env } from '#lib/env';
import { AppError } from '#lib/errors';
import { GONE_AFTER_MS } from './schema.ts';
import { runNamed } from './write.ts';

/** A name under which a key may not report, and why. */
export type RefusedName = { instanceId: string; why: 'foreign' | 'too many'; isNew: boolean };

/** What a key is told that spoke for an instance which is not its own. */
export function nameRefusal(why: RefusedName['why'], instanceId: string): AppError {
  const name = `“${instanceId}”`;
  const message =
    why === 'foreign'
      ? `The name ${name} belongs to another key; nothing of this was taken. Give the instance a name of its own, or revoke the other key.`
      : `This key speaks for as many instances as it may; ${name} is one too many and nothing of it was taken. Use a further key, or raise STOPGAP_INSTANCES_PER_KEY.`;
  return new AppError('forbidden', message);
}

/** Names heard of within so long count against what a key may have: pods come with new names at every deploy. */
const COUNTED_MS = 24 * 60 * 60_000;

/**
 * Who may speak for an instance: the key that first did. The name passes to another key when the first has ended, when the
 * instance left the fleet, or, between keys of one source as in a rotation, when it has fallen silent. Each in one
 * conditional statement, so two keys that come at once do not both get it. Answers the names that are refused.
 */
export async function claimNames(
  client: ClientBase,
  keyId: string,
  instanceIds: readonly string[],
): Promise<RefusedName[]> {
  const ids = [...new Set(instanceIds)].sort();
  const mine = await runNamed<{ id: string }>(
    client,
    'names-mine',
    'SELECT instance_id AS id FROM instance_name WHERE instance_id = ANY($1::text[]) AND key_id = $2',
    [ids, keyId],
  );
  const known = new Set(mine.map(({ id }) => id));
  const wanted = ids.filter((id) => !known.has(id));
  if (wanted.length === 0) return [];
  const room = await roomFor(client, keyId);
  const tried = wanted.slice(0, room);
  const claimed = await runNamed<{ id: string }>(
    client,
    'names-claim',
    `INSERT INTO instance_name AS n (instance_id, key_id) SELECT id, $2 FROM unnest($1::text[]) AS given (id) ORDER BY id
    ON CONFLICT (instance_id) DO UPDATE SET key_id = excluded.key_id, claimed_at = clock_timestamp(), refused = 0
    WHERE n.key_id = excluded.key_id OR EXISTS (
      SELECT 1 FROM api_key owner JOIN api_key other ON other.id = excluded.key_id
      LEFT JOIN instance i ON i.id = n.instance_id
      WHERE owner.id = n.key_id AND (
        owner.revoked_at IS NOT NULL OR owner.expires_at <= now()
        OR i.closed_at IS NOT NULL OR i.retired_at IS NOT NULL
        OR (owner.source = other.source
          AND coalesce(i.last_seen_at, n.claimed_at) < clock_timestamp() - $3 * interval '1 millisecond')))
    RETURNING instance_id AS id`,
    [tried, keyId, GONE_AFTER_MS],
  );
  const got = new Set(claimed.map(({ id }) => id));
  const foreign = tried.filter((id) => !got.has(id));
  const news = await countRefused(client, keyId, foreign);
  return [
    ...foreign.map((instanceId) => ({ instanceId, why: 'foreign' as const, isNew: news.has(instanceId) })),
    ...wanted.slice(room).map((instanceId) => ({ instanceId, why: 'too many' as const, isNew: false })),
  ];
}

/** An event for each refusal that is news. */
export async function recordRefusedNames(
  client: ClientBase,
  actor: Actor,
  refused: readonly RefusedName[],
): Promise<void> {
  const events = refused.flatMap(({ instanceId, isNew }): EventInput[] =>
    isNew ? [{ action: 'fleet.refuse', subject: { type: 'instance', id: instanceId }, data: {} }] : [],
  );
  await recordEventsOn(client, actor, events);
}

/** How many more names the key may have. Its row is held, so that two feeds do not both give away the last one. */
async function roomFor(client: ClientBase, keyId: string): Promise<number> {
  await runNamed(client, 'names-lock', 'SELECT 1 FROM api_key WHERE id = $1 FOR NO KEY UPDATE', [keyId]);
  const [row] = await runNamed<{ used: number }>(
    client,
    'names-used',
    `SELECT count(*)::int AS used FROM instance_name n LEFT JOIN instance i ON i.id = n.instance_id
    WHERE n.key_id = $1 AND i.closed_at IS NULL AND i.retired_at IS NULL
      AND coalesce(i.last_seen_at, n.claimed_at) > clock_timestamp() - $2 * interval '1 millisecond'`,
    [keyId, COUNTED_MS],
  );
  return Math.max(0, env().STOPGAP_INSTANCES_PER_KEY - (row?.used ?? 0));
}

/** Counts reports that were refused; answers the names whose refusal is news: the first, or by another key. */
async function countRefused(client: ClientBase, keyId: string, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await runNamed<{ id: string }>(
    client,
    'names-refused',
    `WITH before AS (
      SELECT instance_id, refused, refused_key_id FROM instance_name WHERE instance_id = ANY($1::text[]) ORDER BY 1 FOR UPDATE
    ), counted AS (
      UPDATE instance_name SET refused = least(refused, 2147483646) + 1, refused_key_id = $2, refused_at = clock_timestamp()
      WHERE instance_id = ANY($1::text[])
    )
    SELECT instance_id AS id FROM before WHERE refused = 0 OR refused_key_id IS DISTINCT FROM $2`,
    [ids, keyId],
  );
  return new Set(rows.map(({ id }) => id));
}
