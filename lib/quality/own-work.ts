import type { Actor } from '#lib/actor';
import { personIn } from '#lib/claims/lease';
import { consecutive } from '#lib/claims/pause';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';
import type { SkipReason, Verdict } from '#lib/reviews/schema';
import { maskTitles } from '#lib/secrets/queries';
import { reviewSettings } from '#lib/settings/queries';

const DAYS = 30;
const WEEKS = 12;
const LISTED = 50;
/** More in a row than this is told as "at least". */
export const MOST_IN_A_ROW = 500;

/**
 * The actor's own work, and nobody else's: there is no way to ask for another person's. Days and weeks are UTC. Times
 * are of items decided one by one, golden ones among them. Throws `forbidden` where the actor is not a reviewer.
 */
export async function getOwnWork(actor: Actor) {
  authorize(actor, 'review.decide');
  const person = personIn(actor);
  const settings = await reviewSettings();
  const [days, inARow, drift, wrong, skipped, held] = await Promise.all([
    timesByDay(person.id),
    consecutive(db, person, settings.breakMinutes, MOST_IN_A_ROW),
    driftByWeek(person.id),
    wrongGolden(person.id, settings.undoSeconds),
    skippedItems(person.id),
    heldItems(person.id),
  ]);
  const today = new Date().toISOString().slice(0, 10);
  return {
    today: days.find(({ day }) => day === today)?.items ?? 0,
    inARow,
    breakAfter: settings.breakAfter,
    days,
    drift,
    ...wrong,
    skipped,
    held,
  };
}

export type OwnWork = Awaited<ReturnType<typeof getOwnWork>>;

async function timesByDay(id: string) {
  return db.$queryRaw<{ day: string; items: number; medianMs: number }[]>`
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*)::int AS items,
      round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms))::int AS "medianMs"
    FROM (
      SELECT created_at AS at, time_spent_ms AS ms FROM review
      WHERE reviewer_id = ${id}::uuid AND batch_id IS NULL AND created_at >= now() - make_interval(days => ${DAYS}::int)
      UNION ALL
      SELECT answered_at, time_spent_ms FROM golden_answer
      WHERE reviewer_id = ${id}::uuid AND verdict IS NOT NULL
        AND answered_at >= now() - make_interval(days => ${DAYS}::int)
    ) AS own GROUP BY 1 ORDER BY 1 DESC`;
}

/** One's own verdicts against the final ones, where somebody else had a word too: alone, one always agrees. */
async function driftByWeek(id: string) {
  return db.$queryRaw<{ week: string; items: number; same: number }[]>`
    SELECT to_char(date_trunc('week', own.created_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD') AS week,
      count(*)::int AS items, (count(*) FILTER (WHERE own.verdict = item.verdict))::int AS same
    FROM review AS own JOIN queue_item AS item ON item.interaction_id = own.interaction_id
    WHERE own.reviewer_id = ${id}::uuid AND own.kind = 'review' AND own.batch_id IS NULL
      AND own.created_at >= now() - make_interval(weeks => ${WEEKS}::int)
      AND item.state = 'decided' AND item.verdict IS NOT NULL
      AND EXISTS (SELECT 1 FROM review AS other
        WHERE other.interaction_id = own.interaction_id AND other.reviewer_id <> own.reviewer_id)
    GROUP BY 1 ORDER BY 1 DESC`;
}

type WrongGolden = {
  id: string;
  title: string;
  answeredAt: Date;
  said: Verdict;
  saidPolicy: string | null;
  known: Verdict;
  knownPolicy: string | null;
  why: string | null;
};

/** Known items one answered otherwise, told only once the answer can no longer be taken back. */
async function wrongGolden(id: string, undoSeconds: number) {
  const [[count], wrong] = await Promise.all([
    db.$queryRaw<{ answered: number }[]>`
      SELECT count(*)::int AS answered FROM golden_answer
      WHERE reviewer_id = ${id}::uuid AND verdict IS NOT NULL
        AND answered_at < now() - make_interval(secs => ${undoSeconds}::double precision)`,
    db.$queryRaw<WrongGolden[]>`
      SELECT answer.interaction_id AS id, answer.answered_at AS "answeredAt", answer.verdict AS said,
        said_policy.title AS "saidPolicy", golden.verdict AS known, known_policy.title AS "knownPolicy",
        golden.note AS why,
        COALESCE((SELECT COALESCE(message, rule, detector) FROM finding
          WHERE finding.interaction_id = answer.interaction_id ORDER BY position LIMIT 1), 'No finding') AS title
      FROM golden_answer AS answer JOIN golden_item AS golden ON golden.interaction_id = answer.interaction_id
      LEFT JOIN policy AS said_policy ON said_policy.key = answer.policy_key AND said_policy.current
      LEFT JOIN policy AS known_policy ON known_policy.key = golden.policy_key AND known_policy.current
      WHERE answer.reviewer_id = ${id}::uuid AND answer.verdict <> golden.verdict
        AND answer.answered_at < now() - make_interval(secs => ${undoSeconds}::double precision)
      ORDER BY answer.answered_at DESC LIMIT ${LISTED}`,
  ]);
  return { goldenAnswered: count?.answered ?? 0, wrong: await maskTitles(wrong) };
}

async function skippedItems(id: string) {
  const rows = await db.$queryRaw<
    { id: string; title: string; reason: SkipReason; note: string | null; at: Date; state: string }[]
  >`
    SELECT skip.interaction_id AS id, skip.reason, skip.note, skip.created_at AS at, item.state,
      COALESCE((SELECT COALESCE(message, rule, detector) FROM finding
        WHERE finding.interaction_id = skip.interaction_id ORDER BY position LIMIT 1), 'No finding') AS title
    FROM queue_skip AS skip JOIN queue_item AS item ON item.interaction_id = skip.interaction_id
    WHERE skip.reviewer_id = ${id}::uuid ORDER BY skip.created_at DESC LIMIT ${LISTED}`;
  return maskTitles(rows);
}

async function heldItems(id: string) {
  const rows = await db.$queryRaw<
    { id: string; title: string; reason: string | null; until: Date; dueAt: Date }[]
  >`
    SELECT item.interaction_id AS id, item.hold_reason AS reason, item.lease_expires_at AS until,
      item.due_at AS "dueAt",
      COALESCE((SELECT COALESCE(message, rule, detector) FROM finding
        WHERE finding.interaction_id = item.interaction_id ORDER BY position LIMIT 1), 'No finding') AS title
    FROM queue_item AS item
    WHERE item.lease_holder_id = ${id}::uuid AND item.lease_expires_at > now() AND item.state = 'pending'
    ORDER BY item.due_at LIMIT ${LISTED}`;
  return maskTitles(rows);
}
