import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { maskTitles } from '#lib/secrets/queries';
import { reviewSettings } from '#lib/settings/queries';

const LISTED = 200;
/** Of fewer answers a share would tell who was right. */
const TOLD_FROM = 3;

type Row = {
  id: string;
  title: string;
  severity: string;
  category: string;
  language: string;
  verdict: string;
  policyKey: string | null;
  note: string | null;
  by: string;
  createdAt: Date;
  retiredAt: Date | null;
  /** Answers so far, and how many gave the known verdict; null while so few answered that it tells of a person. */
  answers: number;
  right: number | null;
  /** Only where the settings say that leads may see who answered what. */
  people: { name: string; verdict: string }[] | null;
};

/**
 * Golden items, those in use first, newest first, with how they were answered: in counts, since they are for coaching
 * and not for ranking. Names come only where `goldenNamesForLeads` is on.
 */
export async function listGolden(actor: Actor) {
  authorize(actor, 'golden.manage');
  const { goldenNamesForLeads, undoSeconds } = await reviewSettings();
  const people = goldenNamesForLeads
    ? Prisma.sql`(SELECT json_agg(json_build_object('name', person.name, 'verdict', answer.verdict)
        ORDER BY answer.answered_at) FROM golden_answer AS answer JOIN app_user AS person ON person.id = answer.reviewer_id
        WHERE answer.interaction_id = golden.interaction_id AND ${settled(undoSeconds)})`
    : Prisma.sql`NULL`;
  const rows = await db.$queryRaw<Row[]>`
    SELECT golden.interaction_id AS id, item.severity, item.category, item.language, golden.verdict,
      golden.policy_key AS "policyKey", golden.note, author.name AS by, golden.created_at AS "createdAt",
      golden.retired_at AS "retiredAt", tally.answers, tally.right, ${people} AS people,
      COALESCE(finding.message, finding.rule, finding.detector, 'No finding') AS title
    FROM golden_item AS golden
    JOIN queue_item AS item ON item.interaction_id = golden.interaction_id
    JOIN app_user AS author ON author.id = golden.created_by_id
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS answers, count(*) FILTER (WHERE answer.verdict = golden.verdict)::int AS right
      FROM golden_answer AS answer
      WHERE answer.interaction_id = golden.interaction_id AND ${settled(undoSeconds)}) AS tally
    LEFT JOIN LATERAL (SELECT message, rule, detector FROM finding
      WHERE finding.interaction_id = golden.interaction_id
      ORDER BY (finding.severity = item.severity) DESC, position LIMIT 1) AS finding ON true
    ORDER BY golden.retired_at IS NOT NULL, golden.created_at DESC, golden.interaction_id LIMIT ${LISTED}`;
  const told = rows.map((row) => ({
    ...row,
    right: goldenNamesForLeads || row.answers >= TOLD_FROM ? row.right : null,
  }));
  return maskTitles(told);
}

export type GoldenRow = Awaited<ReturnType<typeof listGolden>>[number];

function settled(undoSeconds: number): Prisma.Sql {
  return Prisma.sql`answer.verdict IS NOT NULL
    AND answer.answered_at + make_interval(secs => ${undoSeconds}::double precision) < clock_timestamp()`;
}
