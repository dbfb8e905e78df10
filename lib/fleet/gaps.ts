import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { IN_FLEET, IS_FRESH } from './members.ts';
import { ruleAlarms, unnamedDecisions } from './rule-alarms.ts';
import { LAG_AFTER_MS } from './schema.ts';
import type { Trouble } from './troubles.ts';

const NAMED_MAX = 200;
/** What an instance let through is no less wrong once it has said goodbye: it stays for ten minutes. */
const IS_RECENT = Prisma.sql`(${IN_FLEET} OR i.last_seen_at > clock_timestamp() - interval '10 minutes')`;
const CONTRACTS: Record<string, string> = {
  litellm: 'LiteLLM',
  portkey: 'Portkey',
  agentgateway: 'agentgateway',
  openai: 'the OpenAI moderation contract',
  ofrep: 'OFREP',
  decide: 'POST /v1/decide',
  http: 'the proxy or guarded client',
  ai: 'the AI SDK',
};
const count = (n: number | bigint) => n.toLocaleString('en');

/** Another serving layer by the name that people know it by. */
export const contractName = (contract: string): string => CONTRACTS[contract] ?? contract;

/** Why output rules do not hold on streamed answers of another serving layer, as far as its calls show. */
function coverageWords({
  contract,
  streamed,
  unseen,
}: {
  contract: string;
  streamed: bigint;
  unseen: bigint;
}) {
  return (
    `does not enforce output rules on streamed answers through ${contractName(contract)}: ` +
    `${count(unseen)} of ${count(streamed)} streamed ${streamed === 1n ? 'answer' : 'answers'} came without ` +
    `${streamed === 1n ? 'its' : 'their'} text. Use input rules, stream: false, or the OpenAI-compatible proxy.`
  );
}

/** What of the requests through a serving layer no rule can read, by its field. */
export function unreadWords(row: { contract: string; field: string; calls: bigint; all: bigint }): string {
  const { contract, field, calls, all } = row;
  return (
    `met something in “${field}” that no rule can read, in ${count(calls)} of ${count(all)} ` +
    `${all === 1n ? 'request' : 'requests'} through ${contractName(contract)}. ` +
    'To stop such requests, set its onUnreadable to refuse.'
  );
}

/**
 * Where rules do not hold although an instance is well: characters that went out unscanned, streamed answers whose
 * text never came, fields of requests that no rule can read, rules an instance demoted by itself or raises an alarm
 * about, decisions that name nothing by which live rules are scoped, and streams that were sent the newest ruleset and
 * never said a word. Worst first.
 */
export async function listGaps(actor: Actor): Promise<Trouble[]> {
  authorize(actor, 'fleet.read');
  const [unscanned, uncovered, unread, breakers, unheard, alarms, unnamed, foreign] = await Promise.all([
    db.$queryRaw<{ instanceId: string; unscanned: bigint; released: bigint; lastSeenAt: Date }[]>`
      SELECT t.instance_id AS "instanceId", t.unscanned, t.released, i.last_seen_at AS "lastSeenAt"
      FROM stream_tally t JOIN instance i ON i.id = t.instance_id
      WHERE t.unscanned > 0 AND ${IS_RECENT}
      ORDER BY t.instance_id LIMIT ${NAMED_MAX}`,
    db.$queryRaw<
      { instanceId: string; contract: string; streamed: bigint; unseen: bigint; lastSeenAt: Date }[]
    >`
      SELECT c.instance_id AS "instanceId", c.contract, c.streamed, c.unseen, i.last_seen_at AS "lastSeenAt"
      FROM coverage c JOIN instance i ON i.id = c.instance_id
      WHERE c.phase = 'response' AND c.field = '' AND c.streamed > 0 AND c.unseen > 0
        AND ${IS_RECENT}
      ORDER BY c.instance_id, c.contract LIMIT ${NAMED_MAX}`,
    db.$queryRaw<
      { instanceId: string; contract: string; field: string; calls: bigint; all: bigint; lastSeenAt: Date }[]
    >`
      SELECT c.instance_id AS "instanceId", c.contract, c.field, c.calls, a.calls AS all, i.last_seen_at AS "lastSeenAt"
      FROM coverage c
      JOIN coverage a ON a.instance_id = c.instance_id AND a.contract = c.contract AND a.phase = c.phase AND a.field = ''
      JOIN instance i ON i.id = c.instance_id
      WHERE c.field <> '' AND ${IS_RECENT}
      ORDER BY c.instance_id, c.contract, c.field LIMIT ${NAMED_MAX}`,
    db.$queryRaw<{ instanceId: string; ref: string | null; reason: string; lastSeenAt: Date }[]>`
      SELECT i.id AS "instanceId", 'R-' || m.number AS ref, b ->> 'reason' AS reason, i.last_seen_at AS "lastSeenAt"
      FROM instance i CROSS JOIN LATERAL jsonb_array_elements(i.breakers) AS b
      LEFT JOIN mitigation m ON m.id::text = b ->> 'ruleId'
      WHERE i.breakers <> '[]'::jsonb
        AND ${IN_FLEET}
      ORDER BY i.id LIMIT ${NAMED_MAX}`,
    db.$queryRaw<{ instanceId: string; seq: number }[]>`
      SELECT a.instance_id AS "instanceId", a.seq FROM adoption a
      WHERE a.seq = (SELECT max(seq) FROM ruleset)
        AND a.offered_at < clock_timestamp() - ${LAG_AFTER_MS} * interval '1 millisecond'
        AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.id = a.instance_id
          AND (${IS_FRESH} OR i.last_seen_at > a.offered_at OR greatest(i.closed_at, i.retired_at) > a.offered_at))
      ORDER BY a.instance_id LIMIT ${NAMED_MAX}`,
    ruleAlarms(),
    unnamedDecisions(),
    db.$queryRaw<{ instanceId: string; refused: number; key: string | null; at: Date }[]>`
      SELECT n.instance_id AS "instanceId", n.refused, k.name AS key, n.refused_at AS at
      FROM instance_name n LEFT JOIN api_key k ON k.id = n.refused_key_id
      WHERE n.refused_at > clock_timestamp() - interval '10 minutes'
      ORDER BY n.instance_id LIMIT ${NAMED_MAX}`,
  ]);
  return [
    ...unscanned.map(({ instanceId, unscanned, released, lastSeenAt }) => ({
      instanceId,
      text: `let ${count(unscanned)} of ${count(released)} streamed characters out before any rule had seen them. That number must be 0.`,
      lastSeenAt,
    })),
    ...uncovered.map((row) => ({
      instanceId: row.instanceId,
      text: coverageWords(row),
      lastSeenAt: row.lastSeenAt,
    })),
    ...unread.map((row) => ({
      instanceId: row.instanceId,
      text: unreadWords(row),
      lastSeenAt: row.lastSeenAt,
    })),
    ...breakers.map(({ instanceId, ref, reason, lastSeenAt }) => ({
      instanceId,
      text: `demoted ${ref ?? 'a rule'} to shadow by itself: ${reason}`,
      lastSeenAt,
    })),
    ...foreign.map(({ instanceId, refused, key, at }) => ({
      instanceId,
      text: `is also the name in ${count(refused)} ${refused === 1 ? 'report' : 'reports'} with another key (${key ?? 'unknown'}), which ${refused === 1 ? 'was' : 'were'} refused. Two instances share a name, or somebody speaks for it.`,
      lastSeenAt: at,
    })),
    ...unnamed,
    ...alarms,
    ...unheard.map(({ instanceId, seq }) => ({
      instanceId,
      text: `was sent ruleset ${seq} and has never said whether it enforces it.`,
      lastSeenAt: null,
    })),
  ];
}

/** What all instances let through streams so far, and how much of it no rule had seen. */
export async function streamProof(actor: Actor): Promise<{ released: number; unscanned: number }> {
  authorize(actor, 'fleet.read');
  const [row] = await db.$queryRaw<{ released: number; unscanned: number }[]>`
    SELECT coalesce(sum(t.released), 0)::float8 AS released, coalesce(sum(t.unscanned), 0)::float8 AS unscanned
    FROM stream_tally t JOIN instance i ON i.id = t.instance_id
    WHERE ${IS_RECENT}`;
  return row ?? { released: 0, unscanned: 0 };
}
