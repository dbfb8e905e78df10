import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { worstFinding } from '#lib/reviews/priority';
import type { CheckedRow, RowError } from './batch.ts';
import { digestOf } from './digest.ts';
import {
  insertAnalysisTasks,
  insertFindings,
  insertInteractions,
  insertQueueItems,
  type NewInteraction,
} from './insert.ts';
import { placer } from './placement.ts';

export type RowResult = {
  index: number;
  /** The caller's id; null where the row was too broken to tell. */
  id: string | null;
  status: 'created' | 'duplicate' | 'conflict' | 'invalid';
  error?: RowError;
};

export type IngestResult = {
  created: number;
  duplicates: number;
  conflicts: number;
  invalid: number;
  results: RowResult[];
};

/**
 * Stores a batch and answers for every row, in the order given; returns after commit, never before.
 * Source: the key's. Same id and meaning → duplicate (nothing changes); same id, other meaning → conflict. A row with
 * findings that is no control sample also joins the queue. Throws `forbidden`; bad rows are answered, not thrown.
 */
export async function ingestInteractions(actor: Actor, rows: CheckedRow[]): Promise<IngestResult> {
  authorize(actor, 'interaction.ingest');
  const source = actor.kind === 'key' ? actor.source : actor.name;
  const candidates = firstOfEachId(source, rows);
  const { createdIds, stored } = candidates.length === 0 ? nothing() : await store(actor, source, candidates);

  const digests = new Map(candidates.map((candidate) => [candidate.row, candidate.digest]));
  const results = rows.map((checked, index): RowResult => {
    if ('error' in checked) return { index, id: checked.id, status: 'invalid', error: checked.error };
    const { id } = checked.row;
    if (digests.has(checked.row) && createdIds.has(id)) return { index, id, status: 'created' };
    const digest = digests.get(checked.row) ?? digestOf(checked.row);
    if (stored.get(id) === digest) return { index, id, status: 'duplicate' };
    const message = 'This id is stored already with other content; nothing was changed.';
    return { index, id, status: 'conflict', error: { code: 'conflict', message } };
  });
  const count = (status: RowResult['status']) => results.filter((result) => result.status === status).length;
  return {
    created: count('created'),
    duplicates: count('duplicate'),
    conflicts: count('conflict'),
    invalid: count('invalid'),
    results,
  };
}

type Stored = { createdIds: Set<string>; stored: Map<string, string> };

function nothing(): Stored {
  return { createdIds: new Set(), stored: new Map() };
}

/** The rows to try, one per id, sorted by id: overlapping batches then take their locks in one order. */
function firstOfEachId(source: string, rows: CheckedRow[]): NewInteraction[] {
  const receivedAt = new Date();
  const first = new Map<string, NewInteraction>();
  for (const checked of rows) {
    if ('error' in checked || first.has(checked.row.id)) continue;
    first.set(checked.row.id, {
      key: newId(),
      source,
      receivedAt,
      digest: digestOf(checked.row),
      row: checked.row,
    });
  }
  return [...first.values()].sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

async function store(actor: Actor, source: string, candidates: NewInteraction[]): Promise<Stored> {
  return db.$transaction(
    async (tx) => {
      const createdIds = await insertInteractions(tx, candidates);
      const created = candidates.filter((candidate) => createdIds.has(candidate.row.id));
      const stored = new Map(created.map((candidate) => [candidate.row.id, candidate.digest]));
      const known = candidates
        .filter((candidate) => !createdIds.has(candidate.row.id))
        .map(({ row }) => row.id);
      for (const [id, digest] of await storedDigests(tx, source, known)) stored.set(id, digest);
      if (created.length === 0) return { createdIds, stored };

      await insertFindings(tx, created);
      const flagged = created.filter(({ row }) => row.control !== true && worstFinding(row.findings));
      await insertQueueItems(tx, flagged, await placer(tx));
      await insertAnalysisTasks(tx, created);
      await recordEvent(tx, actor, {
        action: 'interactions.ingest',
        subject: { type: 'source', id: source },
        data: {
          created: created.length,
          flagged: flagged.length,
          control: created.filter(({ row }) => row.control === true).length,
          ids: created.map(({ key }) => key),
        },
      });
      return { createdIds, stored };
    },
    { timeout: 30_000 },
  );
}

async function storedDigests(tx: Tx, source: string, externalIds: string[]): Promise<[string, string][]> {
  if (externalIds.length === 0) return [];
  const rows = await tx.$queryRaw<{ external_id: string; digest: string }[]>`
    SELECT external_id, encode(digest, 'hex') AS digest FROM interaction
    WHERE source = ${source} AND external_id = ANY(${externalIds})`;
  return rows.map((row) => [row.external_id, row.digest]);
}
