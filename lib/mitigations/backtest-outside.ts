import type pg from 'pg';
import type { RuleMatcher, RuleScope } from '#sdk/rule';

/** The lists of a scope that stored interactions say something of. */
const COLUMNS = {
  languages: 'lower(d.language)',
  models: 'd.model_name',
  surfaces: 'd.surface',
  versions: 'd.model_version',
  tenants: 'd.tenant',
  tiers: 'd.tier',
} as const satisfies Partial<Record<keyof RuleScope, string>>;

export type OutsideField = keyof typeof COLUMNS;

/** What the same matcher finds where the scope does not reach. */
export type Outside = {
  hits: number;
  /** Values that the scope leaves out, each with the hits that have it; the most frequent first, at most 20 of a list. */
  missing: { field: OutsideField; values: { value: string; hits: number }[] }[];
};

const FIELDS = Object.keys(COLUMNS) as OutsideField[];
const VALUES = 20;

const narrowedBy = (scope: RuleScope) => FIELDS.filter((field) => (scope[field]?.length ?? 0) > 0);

/** Whether there is an outside to look at; a rule that hits everything finds everything there. */
export const hasOutside = (scope: RuleScope, matcher: RuleMatcher): boolean =>
  matcher.kind !== 'any' && narrowedBy(scope).length > 0;

export const OUTSIDE = 'CREATE TEMP TABLE backtest_outside (interaction_id uuid) ON COMMIT DROP';
export const ADD_OUTSIDE = 'INSERT INTO backtest_outside SELECT * FROM unnest($1::uuid[])';

/** Counts what was found outside, by every list of the scope that leaves it out. */
export async function countOutside(client: pg.Client, scope: RuleScope): Promise<Outside> {
  const { rows } = await client.query<{ hits: number }>('SELECT count(*)::int AS hits FROM backtest_outside');
  const hits = rows[0]?.hits ?? 0;
  const missing: Outside['missing'] = [];
  for (const field of hits > 0 ? narrowedBy(scope) : []) {
    const listed = (scope[field] ?? []).map((value) => (field === 'languages' ? value.toLowerCase() : value));
    const { rows: values } = await client.query<{ value: string; hits: number }>(
      `SELECT ${COLUMNS[field]} AS value, count(*)::int AS hits
       FROM backtest_outside o JOIN interaction d ON d.id = o.interaction_id
       WHERE ${COLUMNS[field]} <> '' AND NOT (${COLUMNS[field]} = ANY($1::text[]))
       GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${VALUES}`,
      [listed],
    );
    if (values.length > 0) missing.push({ field, values });
  }
  return { hits, missing };
}
