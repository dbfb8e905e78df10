import type pg from 'pg';
import { Prisma } from '#lib/db';
import { OUTCOME } from './conditions.ts';
import { allFound, ask, type Budget, chosenBy, whereOf } from './find.ts';
import type { Term } from './query.ts';
import type { Field } from './schema.ts';
import { inSnapshot } from './session.ts';
import { readsTexts } from './texts.ts';

const { sql } = Prisma;

const STATEMENT_MS = 8_000;
/** So many series are told apart; the rest is one. */
const SERIES = 7;
/** At most so many bars. */
const BARS = 60;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WIDTHS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
  28 * DAY,
  364 * DAY,
];

/** Values of the fields, side by side; null where an interaction has none. `rest` stands for all that have no series. */
export type CountSeries = { values: (string | null)[]; rest: boolean; total: number };
export type Counts = {
  /** Interactions found; one with several findings may be in several series. */
  total: number;
  bucketMs: number;
  series: CountSeries[];
  /** Oldest first, without gaps; side by side with `series`. */
  buckets: { at: Date; counts: number[] }[];
  /** Set where the reading took its time: what is older was not counted. */
  searchedTo: Date | null;
};

/** What of a finding or of a queue item is counted by, beside the documents' own columns. */
const FINDING: readonly Field[] = ['severity', 'category', 'detector'];
const ITEM: readonly Field[] = ['state', 'verdict'];

function columnOf(field: Field): Prisma.Sql {
  switch (field) {
    case 'severity':
      return sql`f.severity`;
    case 'category':
      return sql`f.category`;
    case 'detector':
      return sql`f.detector`;
    case 'state':
      return sql`q.state`;
    case 'verdict':
      // Until it is final every review is blind.
      return sql`CASE WHEN q.state = 'decided' THEN q.verdict END`;
    case 'outcome':
      return OUTCOME;
    case 'model':
      return sql`d.model_name`;
    case 'version':
      return sql`d.model_version`;
    case 'language':
      return sql`lower(d.language)`;
    case 'surface':
      return sql`d.surface`;
    case 'tenant':
      return sql`d.tenant`;
    case 'tier':
      return sql`d.tier`;
    case 'source':
      return sql`d.source`;
  }
}

function joinsFor(by: readonly Field[]): Prisma.Sql {
  const ofFinding = by.filter((field) => FINDING.includes(field)).map((field) => Prisma.raw(field));
  const finding =
    ofFinding.length === 0
      ? Prisma.empty
      : sql`LEFT JOIN (SELECT DISTINCT interaction_id, ${Prisma.join(ofFinding)} FROM finding) f ON f.interaction_id = d.id`;
  const item = by.some((field) => ITEM.includes(field))
    ? sql`LEFT JOIN queue_item q ON q.interaction_id = d.id`
    : Prisma.empty;
  return sql`${finding} ${item}`;
}

type Cell = { at: Date; one: string | null; two: string | null; rest: boolean; count: number };

/**
 * What meets every term, counted over time and by one or two fields. Throws `unprocessable` for a search that is too
 * wide.
 * no authorize: answers queries that have asked.
 */
export async function countFound(
  terms: readonly Term[],
  by: readonly Field[],
  budget?: Budget,
): Promise<Counts> {
  const now = Date.now();
  return inSnapshot(STATEMENT_MS, async (client) => {
    const chosen = await chosenBy(client, terms, now);
    let searchedTo: Date | null = null;
    let where = whereOf(chosen.conditions);
    if (readsTexts(terms)) {
      const found = await allFound(client, terms, chosen, budget);
      searchedTo = found.searchedTo;
      where = sql`d.id = ANY(${found.ids}::uuid[])`;
    }
    const [range] = await ask<{ total: number; first: Date | null; last: Date | null }>(
      client,
      sql`SELECT count(*)::int AS total, min(d.received_at) AS first, max(d.received_at) AS last
        FROM ${chosen.from} WHERE ${where}`,
    );
    if (!range?.first || !range.last) return { total: 0, bucketMs: DAY, series: [], buckets: [], searchedTo };
    const bucketMs = widthOf(range.first, range.last);
    const cells = await cellsOf(client, chosen.from, where, by, bucketMs);
    return { total: range.total, bucketMs, ...tableOf(cells, by.length, bucketMs), searchedTo };
  });
}

function widthOf(first: Date, last: Date): number {
  const span = last.getTime() - first.getTime();
  return WIDTHS.find((width) => span / width < BARS - 1) ?? Math.ceil(span / BARS / DAY) * DAY;
}

function cellsOf(
  client: pg.ClientBase,
  from: Prisma.Sql,
  where: Prisma.Sql,
  by: readonly Field[],
  bucketMs: number,
): Promise<Cell[]> {
  const [one, two] = by;
  return ask<Cell>(
    client,
    sql`WITH cell AS MATERIALIZED (
        SELECT date_bin(make_interval(secs => ${bucketMs / 1_000}), d.received_at, 'epoch') AS at,
          ${one ? columnOf(one) : sql`NULL::text`} AS one, ${two ? columnOf(two) : sql`NULL::text`} AS two, count(*)::int AS count
        FROM ${from} ${joinsFor(by)} WHERE ${where} GROUP BY 1, 2, 3),
      top AS (SELECT one, two, false AS rest FROM cell GROUP BY one, two ORDER BY sum(count) DESC, one, two LIMIT ${SERIES})
      SELECT cell.at, top.one, top.two, coalesce(top.rest, true) AS rest, sum(cell.count)::int AS count
      FROM cell LEFT JOIN top ON cell.one IS NOT DISTINCT FROM top.one AND cell.two IS NOT DISTINCT FROM top.two
      GROUP BY 1, 2, 3, 4`,
  );
}

function tableOf(
  cells: readonly Cell[],
  fields: number,
  bucketMs: number,
): Pick<Counts, 'series' | 'buckets'> {
  const keyOf = ({ one, two, rest }: Cell) => JSON.stringify(rest ? [] : [one, two]);
  const bySeries = [...Map.groupBy(cells, keyOf)].map(([key, group]) => {
    const [{ one, two, rest } = { one: null, two: null, rest: true }] = group;
    const total = group.reduce((sum, { count }) => sum + count, 0);
    return { key, values: rest ? [] : [one, two].slice(0, fields), rest, total };
  });
  bySeries.sort((a, b) => Number(a.rest) - Number(b.rest) || b.total - a.total || (a.key < b.key ? -1 : 1));
  const place = new Map(bySeries.map(({ key }, index) => [key, index]));
  const times = cells.map(({ at }) => at.getTime());
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const buckets = Array.from({ length: Math.round((last - first) / bucketMs) + 1 }, (_, index) => ({
    at: new Date(first + index * bucketMs),
    counts: bySeries.map(() => 0),
  }));
  for (const cell of cells) {
    const counts = buckets[Math.round((cell.at.getTime() - first) / bucketMs)]?.counts;
    const index = place.get(keyOf(cell)) ?? 0;
    if (counts) counts[index] = (counts[index] ?? 0) + cell.count;
  }
  return { series: bySeries.map(({ key: _, ...series }) => series), buckets };
}
