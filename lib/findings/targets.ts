import type { Tx } from '#lib/db';
import type { ReportedFinding } from './schema.ts';

/** Where a report points: an interaction by our key and the caller's id, or why none was taken. */
export type Place = { key: string; id: string } | { why: string; ambiguous: boolean };

type Row = { id: string; external_id: string };

/** The interaction of each finding, by the first of its targets that names one. Ids are looked up before paths. */
export async function findTargets(tx: Tx, source: string, findings: ReportedFinding[]): Promise<Place[]> {
  const named = (by: 'id' | 'path', of: ReportedFinding[]) => [
    ...new Set(of.flatMap(({ targets }) => targets.flatMap((each) => (each.by === by ? [each.value] : [])))),
  ];
  const byId = await findIds(tx, source, named('id', findings));
  const left = findings.filter(
    ({ targets }) => !targets.some((each) => each.by === 'id' && byId.has(each.value)),
  );
  const byPath = await findPaths(tx, source, named('path', left));

  return findings.map(({ targets }): Place => {
    const id = targets.find((each) => each.by === 'id' && byId.has(each.value));
    const row = id && byId.get(id.value);
    if (row) return { key: row.id, id: row.external_id };
    // One file may be spelled in several ways, and every spelling counts.
    const found = targets.flatMap(({ by, value }) => (by === 'path' ? (byPath.get(value) ?? []) : []));
    const [first] = found;
    const count = found.reduce((sum, each) => sum + each.count, 0);
    if (first && count === 1) return { key: first.id, id: first.external_id };
    if (first) {
      const why = `${count} interactions of ${source} have the path ${first.path}; name one by its id.`;
      return { why, ambiguous: true };
    }
    const shown = targets.map(({ value }) => value).slice(0, 3);
    return {
      why: `${source} has no interaction ${shown.join(' or ') || 'without a name'}.`,
      ambiguous: false,
    };
  });
}

async function findIds(tx: Tx, source: string, ids: string[]): Promise<Map<string, Row>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<Row[]>`
    SELECT id, external_id FROM interaction WHERE source = ${source} AND external_id = ANY(${ids})`;
  return new Map(rows.map((row) => [row.external_id, row]));
}

/** Interactions made from a scanner's snippets share a path and are found by the ids they were given, never by it. */
async function findPaths(
  tx: Tx,
  source: string,
  paths: string[],
): Promise<Map<string, Row & { path: string; count: number }>> {
  if (paths.length === 0) return new Map();
  const rows = await tx.$queryRaw<(Row & { path: string; count: number })[]>`
    SELECT path, count(*)::int AS count, min(id::text) AS id, min(external_id) AS external_id FROM interaction
    WHERE source = ${source} AND path = ANY(${paths}) AND (meta->'adapter'->>'format') IS DISTINCT FROM 'sarif'
    GROUP BY path`;
  return new Map(rows.map((row) => [row.path, row]));
}
