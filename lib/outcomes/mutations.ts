import { createHash } from 'node:crypto';
import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { markStale } from '#lib/clusters/stats';
import { db, type Tx } from '#lib/db';
import type { RowError } from '#lib/interactions/batch';
import { authorize } from '#lib/permissions';
import type { CheckedOutcome } from './check.ts';
import type { OutcomeRow } from './schema.ts';

type Status = 'created' | 'duplicate' | 'conflict' | 'unknown' | 'invalid';
type OutcomeResult = { index: number; id: string | null; status: Status; error?: RowError };

type OutcomesAnswer = {
  created: number;
  duplicates: number;
  conflicts: number;
  unknown: number;
  invalid: number;
  results: OutcomeResult[];
};

/**
 * Stores what became of suggestions and answers for every row, in the order given; returns after commit. An
 * interaction has each outcome once: told again it is a duplicate, told with another time or another text a conflict,
 * and neither changes anything. `unknown`: the key's source has sent no interaction of that id; send it first. The
 * clusters of what changed are counted anew, and with them the order of the queue. Throws `forbidden`.
 */
export async function reportOutcomes(actor: Actor, rows: CheckedOutcome[]): Promise<OutcomesAnswer> {
  authorize(actor, 'outcome.report');
  const source = actor.kind === 'key' ? actor.source : actor.name;
  const sent = rows.flatMap((checked) => ('row' in checked ? [checked.row] : []));
  const statuses = sent.length === 0 ? new Map() : await store(actor, source, sent);
  const results = rows.map((checked, index): OutcomeResult => {
    if ('error' in checked) return { index, id: checked.id, status: 'invalid', error: checked.error };
    const status: Status = statuses.get(checked.row) ?? 'unknown';
    const { id } = checked.row;
    if (status !== 'conflict') return { index, id, status };
    const message = `This outcome is told already with another time or text; nothing was changed.`;
    return { index, id, status, error: { code: 'conflict', message } };
  });
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  return {
    created: count('created'),
    duplicates: count('duplicate'),
    conflicts: count('conflict'),
    unknown: count('unknown'),
    invalid: count('invalid'),
    results,
  };
}

/** An outcome on its way in; `kept` is null where the interaction's text was erased already. */
type Told = { interactionId: string; erased: boolean; row: OutcomeRow; at: Date; kept: string | null };
type Stored = { interactionId: string; outcome: string; occurredAt: Date; kept: string | null };

async function store(actor: Actor, source: string, sent: OutcomeRow[]): Promise<Map<OutcomeRow, Status>> {
  return db.$transaction(
    async (tx) => {
      const told = await findTold(tx, source, sent);
      const first = firstOfEach(told);
      const created = await insertOutcomes(tx, [...first.values()]);
      const stored = await readStored(tx, [...first.values()]);
      const statuses = new Map<OutcomeRow, Status>();
      for (const one of told) {
        const isFirst = first.get(placeOf(one)) === one;
        if (isFirst && created.has(placeOf(one))) statuses.set(one.row, 'created');
        else statuses.set(one.row, isSame(one, stored.get(placeOf(one))) ? 'duplicate' : 'conflict');
      }
      const fresh = [...first.values()].filter((one) => created.has(placeOf(one)));
      if (fresh.length > 0) {
        await markStale(tx, [...new Set(fresh.map(({ interactionId }) => interactionId))]);
        await recordEvent(tx, actor, {
          action: 'interactions.outcome',
          subject: { type: 'source', id: source },
          data: eventData(fresh),
        });
      }
      return statuses;
    },
    { timeout: 30_000 },
  );
}

/** The rows whose interaction is here. Locked, so that erasing a text and telling what was kept of it take turns. */
async function findTold(tx: Tx, source: string, sent: OutcomeRow[]): Promise<Told[]> {
  const known = await tx.$queryRaw<{ id: string; externalId: string; erased: boolean }[]>`
    SELECT id, external_id AS "externalId", erased_at IS NOT NULL AS erased FROM interaction
    WHERE source = ${source} AND external_id = ANY(${[...new Set(sent.map(({ id }) => id))]}::text[])
    ORDER BY id FOR SHARE`;
  const byId = new Map(known.map((row) => [row.externalId, row]));
  return sent.flatMap((row) => {
    const found = byId.get(row.id);
    if (!found) return [];
    const kept = found.erased ? null : (row.kept ?? null);
    return [{ interactionId: found.id, erased: found.erased, row, at: new Date(row.occurredAt), kept }];
  });
}

function firstOfEach(told: Told[]): Map<string, Told> {
  const first = new Map<string, Told>();
  // In one order for everybody: overlapping calls then wait for each other instead of both failing.
  for (const one of told) if (!first.has(placeOf(one))) first.set(placeOf(one), one);
  return new Map([...first].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function insertOutcomes(tx: Tx, told: Told[]): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ interactionId: string; outcome: string }[]>`
    INSERT INTO outcome (interaction_id, outcome, occurred_at, received_at, kept)
    SELECT row.id::uuid, row.outcome, row.at::timestamptz, clock_timestamp(), row.kept
    FROM unnest(${told.map(({ interactionId }) => interactionId)}::text[], ${told.map(({ row }) => row.outcome)}::text[],
      ${told.map(({ at }) => at.toISOString())}::text[], ${told.map(({ kept }) => kept)}::text[])
      AS row (id, outcome, at, kept)
    ON CONFLICT DO NOTHING
    RETURNING interaction_id AS "interactionId", outcome`;
  return new Set(rows.map((row) => `${row.interactionId} ${row.outcome}`));
}

async function readStored(tx: Tx, told: Told[]): Promise<Map<string, Stored>> {
  const interactionIds = [...new Set(told.map(({ interactionId }) => interactionId))];
  const rows = await tx.$queryRaw<Stored[]>`
    SELECT interaction_id AS "interactionId", outcome, occurred_at AS "occurredAt", kept FROM outcome
    WHERE interaction_id = ANY(${interactionIds}::uuid[])`;
  return new Map(rows.map((row) => [`${row.interactionId} ${row.outcome}`, row]));
}

function isSame(one: Told, stored: Stored | undefined): boolean {
  if (!stored || stored.occurredAt.getTime() !== one.at.getTime()) return false;
  // What was kept is erased with the interaction's text, and then nothing is left to compare with.
  return one.erased || stored.kept === one.kept;
}

function placeOf({ interactionId, row }: Told): string {
  return `${interactionId} ${row.outcome}`;
}

/** Names every outcome and binds it; what was kept is in it as a digest only, so the event outlives its text. */
function eventData(fresh: Told[]): Record<string, unknown> {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const lines = fresh.map(
    (one) => `${placeOf(one)} ${one.at.toISOString()} ${one.kept === null ? '-' : sha256(one.kept)}\n`,
  );
  const outcomes: Record<string, number> = {};
  for (const { row } of fresh) outcomes[row.outcome] = (outcomes[row.outcome] ?? 0) + 1;
  return {
    created: fresh.length,
    outcomes,
    rows: sha256(lines.join('')),
    ids: fresh.map(({ interactionId }) => interactionId),
  };
}
