import type pg from 'pg';
import { idAt } from './build.ts';
import { gramsOf } from './grams.ts';
import { allBits, type Bits, documentsWith, intersect, noBits, pageOf, unite } from './segment.ts';

/** From every inner list at least one string is in the text, in whatever case. */
export type Required = readonly (readonly string[])[];

/** Pieces of one string that are looked up; more seldom say more. */
const PIECES = 16;
/** Strings of one list; a list that is longer excludes too little for its price. */
const STRINGS = 200;

/** For each list the pieces of each of its strings; lists that exclude nothing are left out. Null: nothing is excluded. */
export function piecesOf(required: Required | null): number[][][] | null {
  const clauses = (required ?? [])
    .filter((strings) => strings.length > 0 && strings.length <= STRINGS)
    .map((strings) => strings.map((string) => spread(gramsOf(string))))
    .filter((strings) => strings.every((grams) => grams.length > 0));
  return clauses.length > 0 ? clauses : null;
}

/** Evenly over the string, because neighbouring pieces say the same. */
function spread(grams: number[]): number[] {
  if (grams.length <= PIECES) return grams;
  return Array.from(
    { length: PIECES },
    (_, index) => grams[Math.floor((index * grams.length) / PIECES)] ?? 0,
  );
}

/**
 * The ids of indexed interactions whose texts may hold what is required: all that do, and some that do not. Reads in
 * the transaction of `client`, segment by segment. Null as soon as there are more than `most`.
 */
export async function findCandidates(
  client: pg.ClientBase,
  clauses: number[][][],
  most: number,
): Promise<string[] | null> {
  const pages = [...new Set(clauses.flat(2).map(pageOf))];
  const segments = await client.query<{ id: number }>('SELECT id FROM search_segment ORDER BY id');
  const found: string[] = [];
  for (let from = 0; from < segments.rows.length; from += 16) {
    const asked = segments.rows.slice(from, from + 16).map(({ id }) => id);
    const { rows } = await client.query<{ page: number; segment: number; body: Buffer }>(
      `SELECT page, segment_id AS segment, body FROM search_page
       WHERE page = ANY($1::smallint[]) AND segment_id = ANY($2::int[])`,
      [pages, asked],
    );
    const bodies = new Map(rows.map(({ page, segment, body }) => [`${page}/${segment}`, body]));
    const hits = new Map<number, Bits>();
    for (const segment of asked) {
      const bits = matching(clauses, (gram) => bodies.get(`${pageOf(gram)}/${segment}`));
      if (bits.some((byte) => byte !== 0)) hits.set(segment, bits);
    }
    if (hits.size === 0) continue;
    const listed = await client.query<{ id: number; ids: Buffer }>(
      'SELECT id, ids FROM search_segment WHERE id = ANY($1::int[])',
      [[...hits.keys()]],
    );
    for (const { id, ids } of listed.rows) {
      const bits = hits.get(id);
      if (bits) for (const one of chosen(ids, bits)) found.push(one);
    }
    if (found.length > most) return null;
  }
  return found;
}

function matching(clauses: number[][][], body: (gram: number) => Uint8Array | undefined): Bits {
  const all = allBits();
  for (const strings of clauses) {
    const any = noBits();
    for (const grams of strings) {
      const both = allBits();
      for (const gram of grams) intersect(both, documentsWith(body(gram), gram));
      unite(any, both);
    }
    intersect(all, any);
  }
  return all;
}

function* chosen(packed: Buffer, bits: Bits): Generator<string> {
  for (const [index, byte] of bits.entries()) {
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit++) {
      const place = index * 8 + bit;
      // Beyond its last document a segment has nothing to choose.
      if ((byte & (1 << bit)) !== 0 && place * 16 < packed.length) yield idAt(packed, place);
    }
  }
}
