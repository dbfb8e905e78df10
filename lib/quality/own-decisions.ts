import type { Actor } from '#lib/actor';
import { personIn } from '#lib/claims/lease';
import { db, Prisma } from '#lib/db';
import { decodeCursor, encodeCursor } from '#lib/interactions/cursor';
import { authorize } from '#lib/permissions';
import type { Verdict } from '#lib/reviews/schema';
import { maskTitles } from '#lib/secrets/queries';
import type { OwnDecisions } from './schema.ts';

const LISTED = 10;
/** Words of a search that count. */
const WORDS = 8;

type Decision = {
  id: string;
  title: string;
  verdict: Verdict;
  policy: string | null;
  note: string | null;
  at: Date;
  /** Set where it was decided with others. */
  batchId: string | null;
  /** `decided`, or whose turn it is. */
  waits: 'decided' | 'reader' | 'lead' | 'gone';
  /** The verdict that holds, once decided. */
  final: Verdict | null;
};

/**
 * The actor's own decisions, newest first; every word of `q` is a part of the ids, the verdict, the policy or the note.
 * A golden item stands among them as one like any other. Throws `forbidden` where the actor is not a reviewer.
 */
export async function listOwnDecisions(actor: Actor, { q, cursor }: OwnDecisions) {
  authorize(actor, 'review.decide');
  const { id: me } = personIn(actor);
  const place = cursor === undefined ? null : decodeCursor(cursor);
  const after = place
    ? Prisma.sql`AND (own.at, own.id) < (${place.at.toISOString()}::timestamptz, ${place.id}::uuid)`
    : Prisma.empty;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS);
  const found = words.map((word) => Prisma.sql`AND strpos(own.words, ${word}) > 0`);
  const rows = await db.$queryRaw<Decision[]>`
    WITH own AS (
      SELECT review.interaction_id AS id, review.verdict, policy.title AS policy, review.note,
        review.created_at AS at, review.batch_id AS "batchId", item.verdict AS final,
        CASE WHEN item.state = 'decided' THEN 'decided' WHEN item.state <> 'pending' THEN 'gone'
          WHEN item.stage = 'review' THEN 'reader' ELSE 'lead' END AS waits,
        lower(concat_ws(' ', review.interaction_id, review.id, review.verdict, policy.key, policy.title, review.note,
          'C-' || cluster.number)) AS words
      FROM review JOIN queue_item AS item USING (interaction_id)
      LEFT JOIN policy ON policy.id = review.policy_id
      LEFT JOIN cluster_member AS member USING (interaction_id)
      LEFT JOIN cluster ON cluster.id = member.cluster_id
      WHERE review.reviewer_id = ${me}::uuid
      UNION ALL
      SELECT answer.interaction_id, answer.verdict, policy.title, answer.note, answer.answered_at, NULL,
        answer.verdict, 'decided',
        lower(concat_ws(' ', answer.interaction_id, answer.verdict, policy.key, policy.title, answer.note,
          'C-' || cluster.number))
      FROM golden_answer AS answer
      LEFT JOIN policy ON policy.key = answer.policy_key AND policy.current
      LEFT JOIN cluster_member AS member USING (interaction_id)
      LEFT JOIN cluster ON cluster.id = member.cluster_id
      WHERE answer.reviewer_id = ${me}::uuid AND answer.verdict IS NOT NULL)
    SELECT own.id, own.verdict, own.policy, own.note, own.at, own."batchId", own.final, own.waits,
      COALESCE((SELECT COALESCE(message, rule, detector) FROM finding
        WHERE finding.interaction_id = own.id ORDER BY position LIMIT 1), 'No finding') AS title
    FROM own WHERE true ${after} ${found.length > 0 ? Prisma.join(found, ' ') : Prisma.empty}
    ORDER BY own.at DESC, own.id DESC LIMIT ${LISTED + 1}`;
  const items = await maskTitles(rows.slice(0, LISTED));
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > LISTED && last ? encodeCursor({ at: last.at, id: last.id }) : null,
  };
}

export type OwnDecision = Awaited<ReturnType<typeof listOwnDecisions>>['items'][number];
