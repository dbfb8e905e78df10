import type { RuleScope } from '#sdk/rule';

/**
 * The scope as a condition on columns of the alias `d`, with its values appended to `values`. Labels and features are
 * taken as given, since stored interactions do not have them.
 */
export function scopeSql(scope: RuleScope, values: unknown[]): string {
  const columns: [string[] | undefined, string][] = [
    [scope.models, 'd.model_name'],
    [scope.versions, 'd.model_version'],
    [scope.tenants, 'd.tenant'],
    [scope.tiers, 'd.tier'],
    [scope.languages?.map((language) => language.toLowerCase()), 'lower(d.language)'],
    [scope.surfaces, 'd.surface'],
  ];
  const conditions = columns.flatMap(([wanted, column]) => {
    if (!wanted || wanted.length === 0) return [];
    values.push(wanted);
    return [`${column} = ANY($${values.length}::text[])`];
  });
  return conditions.length > 0 ? conditions.join(' AND ') : 'true';
}

/** What the index does not hold yet, as the index would hold it. */
export const TAIL = `
  CREATE TEMP TABLE backtest_tail ON COMMIT DROP AS
  SELECT i.id AS interaction_id, model_name, model_version, surface, language, tier, tenant, control,
    erased_at IS NOT NULL AS erased
  FROM interaction i WHERE NOT EXISTS (SELECT 1 FROM search_document d WHERE d.interaction_id = i.id)`;

/**
 * $1 incident, $2 cluster: interactions of which more is known than whether they are of the control sample. A review
 * before the decision is blind here too: with one hit the figures would tell it.
 */
export const KNOWN = `
  CREATE TEMP TABLE backtest_known ON COMMIT DROP AS
  SELECT interaction_id, max(verdict) AS verdict, bool_or(linked) AS linked, bool_or(member) AS member FROM (
    SELECT interaction_id, verdict, false AS linked, false AS member FROM queue_item
    WHERE state = 'decided' AND verdict IN ('harmful', 'benign')
    UNION ALL SELECT interaction_id, NULL, true, false FROM incident_interaction WHERE incident_id = $1::uuid
    UNION ALL SELECT interaction_id, NULL, false, true FROM cluster_member WHERE cluster_id = $2::uuid) facts
  GROUP BY interaction_id`;

export const HITS = 'CREATE TEMP TABLE backtest_hit (interaction_id uuid, digest uuid) ON COMMIT DROP';
export const ADD_HITS = 'INSERT INTO backtest_hit SELECT * FROM unnest($1::uuid[], $2::uuid[])';

const DOCUMENTS = `(
  SELECT interaction_id, model_name, model_version, surface, language, tier, tenant, control, erased FROM search_document
  UNION ALL SELECT * FROM backtest_tail)`;

/**
 * What nobody should hit comes first: who drafts a rule says what is linked to its incident and in which cluster to
 * look, and must not move harmless traffic out of sight by it. `scope` is a condition; what a rule hit is in it.
 */
const bucketSql = (scope: string) => `CASE WHEN (${scope}) AND k.verdict = 'benign' THEN 'benign'
  WHEN (${scope}) AND d.control AND k.verdict IS NULL THEN 'control' WHEN k.linked THEN 'incident'
  WHEN k.member THEN 'cluster' WHEN k.verdict = 'harmful' THEN 'harmful' ELSE 'pending' END`;

/** Every document in scope, and all of the incident and of the cluster, by bucket. */
export function countSql(scope: string): string {
  return `
    SELECT ${bucketSql(scope)} AS bucket, coalesce(k.linked, false) AS linked, coalesce(k.member, false) AS member,
      d.erased, count(*)::int AS total
    FROM ${DOCUMENTS} d LEFT JOIN backtest_known k USING (interaction_id)
    WHERE (${scope}) OR k.linked OR k.member GROUP BY 1, 2, 3, 4`;
}

const BUCKET = bucketSql('true');

const HIT_DOCUMENTS = `(
  SELECT h.interaction_id, h.digest, coalesce(s.control, t.control) AS control
  FROM backtest_hit h LEFT JOIN search_document s USING (interaction_id) LEFT JOIN backtest_tail t USING (interaction_id))`;

export const COUNT_HITS = `
  SELECT ${BUCKET} AS bucket, coalesce(k.linked, false) AS linked, coalesce(k.member, false) AS member,
    count(*)::int AS hits
  FROM ${HIT_DOCUMENTS} d LEFT JOIN backtest_known k USING (interaction_id) GROUP BY 1, 2, 3`;

/** $1 the buckets worst first, $2 how many: no text twice, in each bucket the most frequent first, then the newest. */
export const PICK = `
  SELECT id AS "interactionId", bucket, same FROM (
    SELECT DISTINCT ON (digest) * FROM (
      SELECT ${BUCKET} AS bucket, digest, count(*)::int AS same, max(interaction_id::text) AS id
      FROM ${HIT_DOCUMENTS} d LEFT JOIN backtest_known k USING (interaction_id) GROUP BY 1, 2) texts
    ORDER BY digest, array_position($1::text[], bucket)) worst
  ORDER BY array_position($1::text[], bucket), same DESC, id DESC LIMIT $2`;
