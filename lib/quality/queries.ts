import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { countableItems } from '#lib/reviews/blind';
import type { Verdict } from '#lib/reviews/schema';
import { maskTitles } from '#lib/secrets/queries';
import { agreementOf, type Pair } from './agreement.ts';
import { clashesOf, nameOf, overridesOf, type ReviewedItem, type Word } from './disagreements.ts';
import type { ClashFilters, QualityFilters } from './schema.ts';

/** Items that figures are made of at most, newest first; the page says when there were more. */
export const MOST_ITEMS = 25_000;
const LISTED = 200;
/** Fewer people than this behind a figure, and it would be a figure of a person. */
const FEWEST_PEOPLE = 3;

type Row = Word & {
  id: string;
  reviewerId: string;
  reviewer: string;
  state: 'pending' | 'decided';
  ruling: Verdict | null;
};

/**
 * How far reviewers agree: figures, pairs by name, disagreements by clause, and how often a lead overrode a verdict.
 * Only items that two or more people reviewed one by one count; batches and adjudications are not second opinions.
 * What waits counts only for who may read its reviews: a third reader's figures would tell what the first two said.
 */
export async function getQuality(actor: Actor, filters: QualityFilters) {
  authorize(actor, 'quality.read');
  const [rows, flags, waiting, golden] = await Promise.all([
    reviewedTwice(actor, filters, MOST_ITEMS + 1),
    overturnedFlags(filters),
    waitingForALead(filters),
    goldenAnswers(filters),
  ]);
  const all = itemsOf(rows);
  const items = all.slice(0, MOST_ITEMS);
  const kept = new Set(items.map(({ id }) => id));
  // The name leads, so that pairs come in the order of names; the id keeps namesakes apart.
  const figures = agreementOf(
    rows
      .filter(({ id }) => kept.has(id))
      .map((row) => ({ item: row.id, rater: `${row.reviewer}\n${row.reviewerId}`, value: row.verdict })),
  );
  return {
    ...figures,
    pairs: figures.pairs.map(
      (pair): Pair => ({ ...pair, raters: [named(pair.raters[0]), named(pair.raters[1])] }),
    ),
    capped: all.length > MOST_ITEMS,
    clashes: clashesOf(items),
    overrides: overridesOf(items),
    flags,
    waiting,
    golden,
  };
}

export type Quality = Awaited<ReturnType<typeof getQuality>>;

const named = (rater: string) => rater.split('\n', 1)[0] ?? '';

/** The items of one disagreement, newest first, at most 200; without the reviewers' names. */
export async function listClash(actor: Actor, { one, other, ...filters }: ClashFilters) {
  authorize(actor, 'quality.read');
  const rows = await reviewedTwice(actor, filters, MOST_ITEMS);
  const items = itemsOf(rows).filter(({ words }) => {
    const said = new Set(words.map(nameOf));
    return said.has(one) && said.has(other);
  });
  const listed = items.slice(0, LISTED);
  const shown = await db.$queryRaw<Shown[]>`
    SELECT item.interaction_id AS id, item.severity, item.category, item.language, item.stage,
      item.received_at AS "receivedAt", item.decided_at AS "decidedAt", item.verdict AS final,
      COALESCE((SELECT COALESCE(message, rule, detector) FROM finding
        WHERE finding.interaction_id = item.interaction_id
        ORDER BY (finding.severity = item.severity) DESC, position LIMIT 1), 'No finding') AS title
    FROM queue_item AS item WHERE item.interaction_id = ANY(${listed.map(({ id }) => id)}::uuid[])`;
  const byId = new Map((await maskTitles(shown)).map((row) => [row.id, row]));
  return {
    total: items.length,
    items: listed.flatMap((item) => {
      const row = byId.get(item.id);
      return row ? [{ ...row, ...item }] : [];
    }),
  };
}

export type ClashItem = Awaited<ReturnType<typeof listClash>>['items'][number];

type Shown = {
  id: string;
  severity: string;
  category: string;
  language: string;
  stage: string;
  receivedAt: Date;
  decidedAt: Date | null;
  final: Verdict | null;
  title: string;
};

/** The reviews of items with two or more, in the window by the latest of them; newest item first. */
async function reviewedTwice(actor: Actor, filters: QualityFilters, most: number): Promise<Row[]> {
  return db.$queryRaw<Row[]>`
    WITH twice AS MATERIALIZED (
      SELECT item.interaction_id, max(review.created_at) AS at
      FROM review JOIN queue_item AS item ON item.interaction_id = review.interaction_id
      WHERE review.created_at >= ${since(filters)} AND review.kind = 'review' AND review.batch_id IS NULL
        AND item.reviews_done >= 2 AND ${countableItems(actor)} ${narrowed(filters)}
        AND (SELECT count(*) FROM review AS each WHERE each.interaction_id = item.interaction_id
          AND each.kind = 'review' AND each.batch_id IS NULL) >= 2
      GROUP BY item.interaction_id ORDER BY at DESC, item.interaction_id LIMIT ${most}::int
    )
    SELECT review.interaction_id AS id, review.reviewer_id AS "reviewerId", person.name AS reviewer, review.verdict,
      policy.key AS "policyKey", policy.title AS "policyTitle", item.state, ruling.verdict AS ruling
    FROM twice
    JOIN queue_item AS item ON item.interaction_id = twice.interaction_id
    JOIN review ON review.interaction_id = twice.interaction_id
      AND review.kind = 'review' AND review.batch_id IS NULL
    JOIN app_user AS person ON person.id = review.reviewer_id
    LEFT JOIN policy ON policy.id = review.policy_id
    LEFT JOIN review AS ruling ON ruling.interaction_id = twice.interaction_id AND ruling.kind = 'adjudication'
    ORDER BY twice.at DESC, twice.interaction_id, review.created_at, review.id`;
}

function itemsOf(rows: readonly Row[]): ReviewedItem[] {
  const items = new Map<string, ReviewedItem & { words: Word[] }>();
  for (const { id, state, ruling, verdict, policyKey, policyTitle } of rows) {
    const item = items.get(id) ?? { id, state, ruling, words: [] };
    items.set(id, item);
    item.words.push({ verdict, policyKey, policyTitle });
  }
  return [...items.values()];
}

/** Of the decided items of each category: how many people found benign although a detector had flagged them. */
async function overturnedFlags(filters: QualityFilters) {
  return db.$queryRaw<{ category: string; decided: number; benign: number }[]>`
    SELECT item.category, count(*)::int AS decided, (count(*) FILTER (WHERE item.verdict = 'benign'))::int AS benign
    FROM queue_item AS item
    WHERE item.decided_at >= ${since(filters)} AND item.state = 'decided' ${narrowed(filters)}
    GROUP BY item.category ORDER BY item.category`;
}

async function waitingForALead(filters: QualityFilters): Promise<number> {
  const [row] = await db.$queryRaw<{ waiting: number }[]>`
    SELECT count(*)::int AS waiting FROM queue_item AS item
    WHERE item.state = 'pending' AND item.stage = 'adjudication' ${narrowed(filters)}`;
  return row?.waiting ?? 0;
}

/** All answers to golden items together; null while they are few people's, since it would tell of one person. */
async function goldenAnswers(filters: QualityFilters): Promise<{ answered: number; right: number } | null> {
  const [row] = await db.$queryRaw<{ answered: number; right: number; people: number }[]>`
    SELECT count(*)::int AS answered, (count(*) FILTER (WHERE answer.verdict = golden.verdict))::int AS right,
      count(DISTINCT answer.reviewer_id)::int AS people
    FROM golden_answer AS answer
    JOIN golden_item AS golden ON golden.interaction_id = answer.interaction_id
    JOIN queue_item AS item ON item.interaction_id = answer.interaction_id
    WHERE answer.verdict IS NOT NULL AND answer.answered_at >= ${since(filters)} ${narrowed(filters)}`;
  if (!row || row.people < FEWEST_PEOPLE) return null;
  return { answered: row.answered, right: row.right };
}

function since({ days }: QualityFilters): Prisma.Sql {
  return Prisma.sql`now() - make_interval(days => ${Number(days)}::int)`;
}

function narrowed({ queue, category }: QualityFilters): Prisma.Sql {
  const parts = [Prisma.empty];
  if (category) parts.push(Prisma.sql`AND item.category = ${category}`);
  if (queue) parts.push(Prisma.sql`AND item.queue_id = (SELECT id FROM queue WHERE key = ${queue})`);
  return Prisma.join(parts, ' ');
}

/** Queues to narrow the figures by. */
export async function qualityQueues(actor: Actor): Promise<{ key: string; name: string }[]> {
  authorize(actor, 'quality.read');
  return db.queue.findMany({
    where: { archivedAt: null },
    orderBy: [{ isDefault: 'asc' }, { position: 'asc' }],
    select: { key: true, name: true },
  });
}
