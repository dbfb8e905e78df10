import type { UserActor } from '#lib/actor';
import { comparedTexts, compareWith } from '#lib/clusters/compare';
import type { Difference } from '#lib/clusters/differences';
import { isAsked } from '#lib/clusters/variant';
import { standingBatch } from '#lib/clusters/variants';
import { Prisma, type Tx } from '#lib/db';
import { maskRows } from '#lib/secrets/queries';
import { decidable, firstDecidable, meant } from './chosen.ts';
import type { PreviewBatch } from './schema.ts';

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
  /** Items of the same variant, this one among them, and those of them that would be decided with it. */
  alike: number;
  open: number;
  representative: boolean;
  /** Whether the standing decision in force would decide others of it. */
  covered: boolean;
  representativeId: string | null;
  features: string[];
  variants: number;
  openVariants: number;
};

/**
 * One item of each variant, of items that have none yet each: what a person must look at to know what they decide. Of a
 * cluster all its members are meant, of a filter those that one batch may take. A cluster's representative comes first,
 * then what waits, the worst, and of equally bad ones those that stand for most. Texts masked; `isWhole` says whether
 * they are all there: what is shown in part was not looked at.
 */
export async function variantsOf(tx: Tx, person: UserActor, input: PreviewBatch, limit: number) {
  const isCluster = 'clusterId' in input;
  const all = isCluster
    ? meant(input)
    : Prisma.sql`item.interaction_id IN (${firstDecidable(person, input)})`;
  const covered = isCluster
    ? Prisma.sql`EXISTS (SELECT 1 FROM batch_shown AS seen WHERE encode(seen.variant, 'hex') = page.variant
        AND seen.batch_id = ${standingBatch(Prisma.sql`${input.clusterId}::uuid`)})`
    : Prisma.sql`false`;
  const order = Prisma.sql`${isCluster}::boolean AND representative DESC, open > 0 DESC, rank, alike DESC, due_at,
    interaction_id`;
  const rows = await tx.$queryRaw<Row[]>`
    WITH chosen AS MATERIALIZED (
      SELECT item.interaction_id, item.severity, item.category, item.due_at, (${decidable(person)}) AS is_open,
        array_position(ARRAY['critical', 'high', 'medium', 'low'], item.severity) AS rank,
        COALESCE(encode(member.variant, 'hex'), item.interaction_id::text) AS variant, member.shape_id,
        cluster.representative_id, COALESCE(cluster.representative_id = item.interaction_id, false) AS representative
      FROM queue_item AS item
      LEFT JOIN cluster_member AS member USING (interaction_id)
      LEFT JOIN cluster ON cluster.id = member.cluster_id
      WHERE ${all} AND item.state <> 'expired'
    ), first AS (
      SELECT DISTINCT ON (variant) *, count(*) OVER same::int AS alike, (count(*) FILTER (WHERE is_open) OVER same)::int AS open
      FROM chosen WINDOW same AS (PARTITION BY variant)
      ORDER BY variant, representative DESC, is_open DESC, rank, due_at, interaction_id
    ), page AS (
      SELECT *, (count(*) OVER ())::int AS variants, (count(*) FILTER (WHERE open > 0) OVER ())::int AS open_variants
      FROM first ORDER BY ${order} LIMIT ${limit}::int
    )
    SELECT page.interaction_id AS id, ${covered} AS covered, page.severity, page.category, page.alike, page.open, page.representative,
      page.representative_id AS "representativeId", page.variants, page.open_variants AS "openVariants",
      COALESCE(shape.features, '{}') AS features, i.language,
      i.model_name || ' ' || i.model_version AS model, i.tenant, i.path, i.prompt, i.before, i.completion,
      COALESCE(finding.message, finding.rule, finding.detector, 'No finding') AS title
    FROM page JOIN interaction AS i ON i.id = page.interaction_id
    LEFT JOIN cluster_shape AS shape ON shape.id = page.shape_id
    LEFT JOIN LATERAL (SELECT message, rule, detector FROM finding
      WHERE finding.interaction_id = i.id ORDER BY (finding.severity = page.severity) DESC, position LIMIT 1
    ) AS finding ON true
    ORDER BY ${order}`;
  const representativeId = isCluster ? rows[0]?.representativeId : null;
  const [representative = null] = representativeId ? await comparedTexts([representativeId]) : [];
  const differences = representative
    ? await compareWith(representative, rows)
    : new Map<string, Difference[]>();
  const masked = await maskRows(
    rows.map(({ title, ...row }) => ({ ...row, findings: [{ message: title }] })),
    tx,
  );
  const { variants: total = 0, openVariants: openTotal = 0 } = rows[0] ?? {};
  const items = masked.map(({ findings, secrets, uncovered: _, ...row }) => ({
    id: row.id,
    title: findings[0]?.message ?? '',
    severity: row.severity,
    category: row.category,
    language: row.language,
    model: row.model,
    tenant: row.tenant,
    path: row.path,
    alike: row.alike,
    open: row.open,
    representative: row.representative,
    covered: row.covered,
    secrets: secrets.length,
    /** What it has and the representative has not; null where there is nothing to compare with. */
    differences: differences.get(row.id) ?? null,
    /** What was asked counts as well: the harm may lie in it. */
    isAsked: isAsked(row.category),
    prompt: cut(row.prompt),
    before: row.before === null ? null : cut(row.before),
    completion: cut(row.completion),
    isWhole: [row.prompt, row.before ?? '', row.completion].every((text) => text.length <= SHOWN_CHARACTERS),
  }));
  return { items, total, openTotal };
}

export type BatchVariant = Awaited<ReturnType<typeof variantsOf>>['items'][number];

// Never through the middle of a character, which could not be shown.
function cut(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  const last = text.charCodeAt(SHOWN_CHARACTERS - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? SHOWN_CHARACTERS - 1 : SHOWN_CHARACTERS);
}
