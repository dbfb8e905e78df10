import type { UserActor } from '#lib/actor';
import type { Tx } from '#lib/db';
import { maskRows } from '#lib/secrets/queries';
import { firstDecidable } from './chosen.ts';
import type { PreviewBatch } from './schema.ts';

const SAMPLES = 20;
/** Of each text; who wants to read on opens the interaction. */
const SHOWN_CHARACTERS = 20_000;

type Row = {
  id: string;
  title: string;
  severity: string;
  category: string;
  language: string;
  model: string;
  tenant: string | null;
  path: string | null;
  prompt: string;
  before: string | null;
  completion: string;
  /** Items of the same shape, this one among them, that would be decided with it. */
  alike: number;
  representative: boolean;
};

/**
 * One item of each distinct shape, of items outside clusters each: what a person must look at to know what they decide.
 * A cluster's representative comes first, then the worst, of equally bad ones those that stand for most. Texts masked.
 */
export async function samplesOf(tx: Tx, person: UserActor, input: PreviewBatch) {
  const rows = await tx.$queryRaw<Row[]>`
    WITH chosen AS MATERIALIZED (${firstDecidable(person, input)}),
    shaped AS (
      SELECT item.interaction_id, item.severity, item.category, item.due_at,
        array_position(ARRAY['critical', 'high', 'medium', 'low'], item.severity) AS rank,
        COALESCE(member.shape_id, item.interaction_id) AS shape_id,
        COALESCE(cluster.representative_id = item.interaction_id, false) AS representative
      FROM chosen JOIN queue_item AS item USING (interaction_id)
      LEFT JOIN cluster_member AS member USING (interaction_id)
      LEFT JOIN cluster ON cluster.id = member.cluster_id
    ), first AS (
      SELECT DISTINCT ON (shape_id) *, count(*) OVER (PARTITION BY shape_id)::int AS alike
      FROM shaped ORDER BY shape_id, representative DESC, rank, due_at, interaction_id
    ), page AS (
      SELECT * FROM first ORDER BY ${'clusterId' in input}::boolean AND representative DESC, rank, alike DESC,
        due_at, interaction_id LIMIT ${SAMPLES}::int
    )
    SELECT page.interaction_id AS id, page.severity, page.category, page.alike, page.representative, i.language,
      i.model_name || ' ' || i.model_version AS model, i.tenant, i.path, i.prompt, i.before, i.completion,
      COALESCE(finding.message, finding.rule, finding.detector, 'No finding') AS title
    FROM page JOIN interaction AS i ON i.id = page.interaction_id
    LEFT JOIN LATERAL (SELECT message, rule, detector FROM finding
      WHERE finding.interaction_id = i.id ORDER BY (finding.severity = page.severity) DESC, position LIMIT 1
    ) AS finding ON true
    ORDER BY ${'clusterId' in input}::boolean AND page.representative DESC, page.rank, page.alike DESC, page.due_at,
      page.interaction_id`;
  const masked = await maskRows(
    rows.map(({ title, ...row }) => ({ ...row, findings: [{ message: title }] })),
    tx,
  );
  return masked.map(({ findings, secrets, uncovered: _, ...row }) => ({
    ...row,
    title: findings[0]?.message ?? '',
    secrets: secrets.length,
    prompt: cut(row.prompt),
    before: row.before === null ? null : cut(row.before),
    completion: cut(row.completion),
    shortened: [row.prompt, row.before, row.completion].some(
      (text) => (text?.length ?? 0) > SHOWN_CHARACTERS,
    ),
  }));
}

// Never through the middle of a character, which could not be shown.
function cut(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  const last = text.charCodeAt(SHOWN_CHARACTERS - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? SHOWN_CHARACTERS - 1 : SHOWN_CHARACTERS);
}
