import type { UserActor } from '#lib/actor';
import type { Tx } from '#lib/db';
import type { ReviewSettings } from '#lib/settings/schema';

/** Enough to say "you have decided 180 without a break"; nobody is told an exact number beyond it. */
const COUNTED = 2_000;

type Pause = { consecutive: number; minutes: number };

/**
 * The pause that is due to this person, or null. Decisions without a gap of `breakMinutes` between them, and to now,
 * are consecutive; many decided with one word are not, since nobody read them one by one.
 */
export async function pauseDue(
  tx: Tx,
  person: UserActor,
  settings: Pick<ReviewSettings, 'breakAfter' | 'breakMinutes'>,
  own: number | null,
): Promise<Pause | null> {
  const after = Math.min(settings.breakAfter, own ?? settings.breakAfter);
  if ((await consecutive(tx, person, settings.breakMinutes, after)) < after) return null;
  return {
    consecutive: await consecutive(tx, person, settings.breakMinutes, COUNTED),
    minutes: settings.breakMinutes,
  };
}

/** Consecutive decisions up to now, counted no further than `most`. */
export async function consecutive(tx: Tx, person: UserActor, minutes: number, most: number): Promise<number> {
  const [row] = await tx.$queryRaw<{ run: number }[]>`
    WITH recent AS (
      SELECT at FROM (
        (SELECT created_at AS at FROM review WHERE reviewer_id = ${person.id}::uuid AND batch_id IS NULL
          ORDER BY created_at DESC LIMIT ${most}::int)
        UNION ALL
        (SELECT answered_at AS at FROM golden_answer WHERE reviewer_id = ${person.id}::uuid AND verdict IS NOT NULL
          ORDER BY answered_at DESC LIMIT ${most}::int)
      ) AS work ORDER BY at DESC LIMIT ${most}::int
    ), gaps AS (
      SELECT at, COALESCE(lag(at) OVER newest, now()) - at >= make_interval(mins => ${minutes}::int) AS rested
      FROM recent WINDOW newest AS (ORDER BY at DESC)
    ), runs AS (
      SELECT count(*) FILTER (WHERE rested) OVER (ORDER BY at DESC) AS rests FROM gaps
    )
    SELECT count(*)::int AS run FROM runs WHERE rests = 0`;
  return row?.run ?? 0;
}
