import type pg from 'pg';
import { Prisma } from '#lib/db';
import { decodeCursor, encodeCursor, type Place } from '#lib/interactions/cursor';
import { findCandidates, piecesOf } from './candidates.ts';
import { conditionsOf, documents, earlierId } from './conditions.ts';
import type { Term } from './query.ts';
import { inSnapshot } from './session.ts';
import { type Match, readsTexts, requiredBy, textReader } from './texts.ts';

const { sql } = Prisma;

/** Above this many texts that may hold what is asked for, reading from the newest on fills a page sooner. */
const MOST_CANDIDATES = 20_000;
const BATCH = 400;
const STATEMENT_MS = 5_000;
/** What one answer may cost: texts, and milliseconds of reading them. */
const BUDGET = { texts: 30_000, ms: 3_000 };
export type Budget = typeof BUDGET;

export type Found = Place & { match: Match | null };
type Row = { id: string; at: Date };

export const ask = async <R extends pg.QueryResultRow>(
  client: pg.ClientBase,
  query: Prisma.Sql,
): Promise<R[]> => (await client.query<R>(query.text, query.values)).rows;

/** The documents of this snapshot that meet what does not need their texts. */
export async function chosenBy(client: pg.ClientBase, terms: readonly Term[], now: number) {
  const [newest] = await ask<{ id: string }>(
    client,
    sql`SELECT interaction_id AS id FROM search_document ORDER BY interaction_id DESC LIMIT 1`,
  );
  const conditions = conditionsOf(terms, now);
  const pieces = readsTexts(terms) ? piecesOf(requiredBy(terms)) : null;
  const candidates = pieces && (await findCandidates(client, pieces, MOST_CANDIDATES));
  if (candidates) conditions.push(sql`(NOT d.indexed OR d.id = ANY(${candidates}::uuid[]))`);
  return { from: documents(earlierId(newest?.id)), conditions, isShort: candidates !== null };
}

type Chosen = Awaited<ReturnType<typeof chosenBy>>;

export const whereOf = (conditions: readonly Prisma.Sql[]) =>
  Prisma.join([sql`true`, ...conditions], ' AND ');

function rowsAfter(
  client: pg.ClientBase,
  chosen: Chosen,
  after: Place | null,
  limit: number,
): Promise<Row[]> {
  const where = [...chosen.conditions];
  // The first condition lets the index begin where the last page ended.
  if (after)
    where.push(
      sql`d.received_at <= ${after.at} AND (d.received_at < ${after.at} OR d.id > ${after.id}::uuid)`,
    );
  return ask(
    client,
    sql`SELECT d.id, d.received_at AS at FROM ${chosen.from} WHERE ${whereOf(where)}
      ORDER BY d.received_at DESC, d.id LIMIT ${limit}`,
  );
}

/** Batches of what texts hold, newest first, each with the last place that was looked at; null once all were. */
async function* reading(client: pg.ClientBase, terms: readonly Term[], chosen: Chosen, after: Place | null) {
  const read = textReader(terms);
  // A short list is put in order once; a long one is walked.
  const all = chosen.isShort ? await rowsAfter(client, chosen, after, MOST_CANDIDATES * 2) : null;
  let last = after;
  for (let from = 0; ; from += BATCH) {
    const rows = all ? all.slice(from, from + BATCH) : await rowsAfter(client, chosen, last, BATCH);
    const matches = await read(
      client,
      rows.map(({ id }) => id),
    );
    const found = rows.flatMap(({ id, at }): Found[] => {
      const match = matches.get(id);
      return match === undefined ? [] : [{ id, at, match }];
    });
    const isLast = rows.length < BATCH;
    last = rows.at(-1) ?? last;
    yield { found, texts: rows.length, place: isLast ? null : last };
    if (isLast) return;
  }
}

export type FoundPage = {
  found: Found[];
  nextCursor: string | null;
  /** Set where the page is not full because the reading took its time: everything newer was looked at. */
  searchedTo: Date | null;
};

type FindOptions = { cursor?: string | undefined; limit: number; budget?: Budget };

/**
 * Interactions that meet every term, newest first. Texts are tried as everybody may see them, secrets covered, and at
 * most for some seconds: then `searchedTo` says how far, and the cursor goes on from there. Throws `invalid` for a
 * cursor of another list, `unprocessable` for a search that is too wide.
 * no authorize: answers queries that have asked.
 */
export async function findPage(terms: readonly Term[], options: FindOptions): Promise<FoundPage> {
  const { cursor, limit, budget = BUDGET } = options;
  const after = cursor === undefined ? null : decodeCursor(cursor);
  const now = Date.now();
  return inSnapshot(STATEMENT_MS, async (client) => {
    const chosen = await chosenBy(client, terms, now);
    const found: Found[] = [];
    let searchedTo: Place | null = null;
    if (!readsTexts(terms)) {
      const rows = await rowsAfter(client, chosen, after, limit + 1);
      found.push(...rows.map((row) => ({ ...row, match: null })));
    } else {
      const until = performance.now() + budget.ms;
      let texts = 0;
      for await (const batch of reading(client, terms, chosen, after)) {
        found.push(...batch.found);
        texts += batch.texts;
        if (found.length > limit) break;
        if (batch.place && (texts >= budget.texts || performance.now() >= until)) {
          searchedTo = batch.place;
          break;
        }
      }
    }
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1) ?? null) : searchedTo;
    return { found: page, nextCursor: next && encodeCursor(next), searchedTo: searchedTo?.at ?? null };
  });
}

/** The ids of all that is found, as far as the budget reaches; `searchedTo` as in a page. */
export async function allFound(
  client: pg.ClientBase,
  terms: readonly Term[],
  chosen: Chosen,
  budget: Budget = BUDGET,
) {
  const until = performance.now() + budget.ms;
  const ids: string[] = [];
  let texts = 0;
  for await (const batch of reading(client, terms, chosen, null)) {
    for (const { id } of batch.found) ids.push(id);
    texts += batch.texts;
    if (batch.place && (texts >= budget.texts || performance.now() >= until))
      return { ids, searchedTo: batch.place.at };
  }
  return { ids, searchedTo: null };
}
