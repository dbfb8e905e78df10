import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { Actor } from '#lib/actor';
import { recordEventOn } from '#lib/audit/record';
import { hotTransaction } from '#lib/hot-path';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import type { CheckedRow, RowError } from './batch.ts';
import { settleBlocked } from './blocked.ts';
import { createCoalescer } from './coalescer.ts';
import { digestOf } from './digest.ts';
import { insertInteractions, type NewInteraction, storedDigests } from './insert.ts';
import { placeItems, placementRules } from './placement.ts';

export type RowResult = {
  index: number;
  /** The caller's id; null where the row was too broken to tell. */
  id: string | null;
  status: 'created' | 'duplicate' | 'conflict' | 'invalid';
  error?: RowError;
};

type IngestResult = {
  created: number;
  duplicates: number;
  conflicts: number;
  invalid: number;
  results: RowResult[];
};

/**
 * Stores a batch and answers for every row, in the order given; returns after commit, never before.
 * Source: the key's. Same id and meaning → duplicate (nothing changes); same id, other meaning → conflict. A row with
 * findings that is no control sample also joins the first queue whose conditions it meets. Small calls that arrive
 * together share a transaction and its event. Throws `forbidden`; bad rows are answered, not thrown.
 */
export async function ingestInteractions(actor: Actor, rows: CheckedRow[]): Promise<IngestResult> {
  authorize(actor, 'interaction.ingest');
  const candidates = firstOfEachId(rows);
  const stored = candidates.size === 0 ? NOTHING : await storeSoon(actor, [...candidates.values()]);
  const results = rows.map((checked, index): RowResult => {
    if ('error' in checked) return { index, id: checked.id, status: 'invalid', error: checked.error };
    const { id } = checked.row;
    const candidate = candidates.get(id);
    const isCandidate = candidate?.row === checked.row;
    if (candidate && isCandidate && stored.created.has(candidate.key))
      return { index, id, status: 'created' };
    const digest = candidate && isCandidate ? candidate.digest : digestOf(checked.row);
    if (stored.digests.get(id) === digest) return { index, id, status: 'duplicate' };
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

/** What is in the database after a call: the keys it made, and the digest under each of its ids. */
type Stored = { created: Set<string>; digests: Map<string, string> };
const NOTHING: Stored = { created: new Set(), digests: new Map() };

/** The rows to try, one per id of the caller's. */
function firstOfEachId(rows: CheckedRow[]): Map<string, NewInteraction> {
  const first = new Map<string, NewInteraction>();
  for (const checked of rows) {
    if ('error' in checked || first.has(checked.row.id)) continue;
    first.set(checked.row.id, { key: newId(), digest: digestOf(checked.row), row: checked.row });
  }
  return first;
}

/** Rows of one call, and of all calls that may share a transaction. */
const SMALL_CALL = 10;
const SHARED_ROWS = 200;

const smallCalls = createCoalescer<{ actor: Actor; rows: NewInteraction[] }, Stored>({
  parallel: 2,
  groupOf: ({ actor }) => `${actor.kind}:${actor.kind === 'system' ? actor.name : actor.id}`,
  sizeOf: ({ rows }) => rows.length,
  maxSize: SHARED_ROWS,
  run: async (calls) => {
    const [first] = calls;
    return first
      ? store(
          first.actor,
          calls.flatMap(({ rows }) => rows),
        )
      : NOTHING;
  },
});

function storeSoon(actor: Actor, rows: NewInteraction[]): Promise<Stored> {
  return rows.length <= SMALL_CALL ? smallCalls({ actor, rows }) : store(actor, rows);
}

async function store(actor: Actor, rows: NewInteraction[]): Promise<Stored> {
  const source = actor.kind === 'key' ? actor.source : actor.name;
  // Sorted by id: overlapping batches take their locks in one order and cannot block each other for good.
  const batch = rows.toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1));
  return hotTransaction(async (client) => {
    const receivedAt = new Date();
    const items = placeItems(await placementRules(client), receivedAt, batch);
    const created = await insertInteractions(client, source, receivedAt, batch, items);
    const isNew = ({ key }: { key: string }) => created.has(key);
    const fresh = batch.filter(isNew);
    if (fresh.length > 0) {
      const blocked = await settleBlocked(client, fresh);
      await recordIngest(client, actor, source, receivedAt, fresh, items.filter(isNew).length, blocked);
    }
    const digests = new Map(fresh.map(({ row, digest }) => [row.id, digest]));
    const known = batch.filter((row) => !isNew(row) && !digests.has(row.row.id)).map(({ row }) => row.id);
    for (const [id, digest] of await storedDigests(client, source, known)) digests.set(id, digest);
    return { created, digests };
  });
}

/**
 * The event names every row and binds what was in it: `rows` is the SHA-256 over one line `<id> <digest>` per row, in
 * the order of `ids`, with the digests that stand in the interactions. Nobody can add, drop or change one unseen.
 */
async function recordIngest(
  client: ClientBase,
  actor: Actor,
  source: string,
  receivedAt: Date,
  fresh: NewInteraction[],
  flagged: number,
  blocked: number,
): Promise<void> {
  const inOrder = fresh.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const lines = inOrder.map(({ key, digest }) => `${key} ${digest}\n`);
  await recordEventOn(client, actor, {
    action: 'interactions.ingest',
    subject: { type: 'source', id: source },
    data: {
      created: fresh.length,
      flagged,
      ...(blocked > 0 && { blocked }),
      control: fresh.filter(({ row }) => row.control === true).length,
      receivedAt: receivedAt.toISOString(),
      rows: createHash('sha256').update(lines.join('')).digest('hex'),
      ids: inOrder.map(({ key }) => key),
    },
  });
}
