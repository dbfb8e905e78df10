import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import type { Role } from '#lib/permissions';

/** What stands before everything that can be claimed, at each size of the queue. */
export const FRONT = {
  /** Held by other people. */
  leased: 3_000,
  /** Decided since the last vacuum: their index entries are dead. */
  dead: 3_000,
  /** Skipped by everybody who claims here. */
  skipped: 500,
} as const;

/** One item in 5,000 has it, and those are due last of all. */
export const RARE = { language: 'cobol', detector: 'legacy-scan', category: 'other' } as const;

/** A category that everybody who claims here has opted out of. */
const OPTED_OUT = 'jailbreak';

export async function makePerson(
  role: Role,
  number: number,
  optOuts: readonly string[] = [OPTED_OUT],
): Promise<UserActor> {
  const id = newId();
  const name = `${role} ${number}`;
  await db.user.create({ data: { id, email: `${id}@example.test`, name, role } });
  await db.preference.create({ data: { userId: id, optOuts: [...optOuts] } });
  return { kind: 'user', id, name, role };
}

/** Adds items number `from` to `to` - 1 in one transaction, due later the higher their number. */
export async function addItems(from: number, to: number): Promise<void> {
  await db.$transaction(
    async (tx) => {
      await tx.$executeRaw`
        CREATE TEMP TABLE made ON COMMIT DROP AS
        SELECT n, uuidv7() AS id, now() - interval '72 hours' + n * interval '200 milliseconds' AS received_at,
          (ARRAY['critical','high','high','high','medium','medium','medium','medium','low','low'])[1 + n % 10] AS severity,
          CASE WHEN n % 5000 = 4999 THEN ${RARE.category}
            ELSE (ARRAY['insecure_code','insecure_code','insecure_code','secret','data_leak','exploit','malware',
              'prompt_injection',${OPTED_OUT}])[1 + n % 9] END AS category,
          CASE WHEN n % 5000 = 4999 THEN ${RARE.language}
            ELSE (ARRAY['python','python','python','javascript','typescript','go','java'])[1 + n % 7] END AS language,
          CASE WHEN n % 5000 = 4999 THEN ${RARE.detector} ELSE (ARRAY['semgrep','codeql','bandit'])[1 + n % 3] END AS detector
        FROM generate_series(${from}::int, ${to - 1}::int) AS n`;
      await tx.$executeRaw`
        INSERT INTO interaction (id, source, external_id, digest, occurred_at, received_at, model_name, model_version,
          surface, language, actor_id, tenant, prompt, completion)
        SELECT id, 'bench', n::text, '', received_at, received_at, 'codex-sim', '1', 'inline', language,
          'actor-' || n % 5000, 'tenant-' || n % 50, 'a prompt', 'a completion' FROM made`;
      await tx.$executeRaw`
        INSERT INTO finding (interaction_id, position, detector, category, severity)
        SELECT id, 0, detector, category, severity FROM made`;
      await tx.$executeRaw`
        INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at)
        SELECT id, severity, category, language, received_at,
          received_at + CASE WHEN detector = ${RARE.detector} THEN interval '90 days' WHEN severity = 'critical' THEN
            interval '15 minutes' WHEN severity = 'high' THEN interval '4 hours' WHEN severity = 'medium' THEN
            interval '24 hours' ELSE interval '72 hours' END
        FROM made`;
    },
    { timeout: 600_000 },
  );
}

/** Puts leased, dead and skipped rows before all others; called after the vacuum, so that the dead stay. */
export async function blockFront(people: readonly UserActor[]): Promise<void> {
  const [holder] = people;
  await db.$executeRaw`
    WITH front AS (SELECT interaction_id FROM queue_item WHERE state = 'pending' AND stage = 'review'
      AND lease_expires_at IS NULL AND skips = 0 ORDER BY due_at LIMIT ${FRONT.dead})
    UPDATE queue_item AS item SET state = 'decided', verdict = 'benign', decided_at = now(), reviews_done = 1
    FROM front WHERE item.interaction_id = front.interaction_id`;
  await db.$executeRaw`
    WITH front AS (SELECT interaction_id FROM queue_item WHERE state = 'pending' AND stage = 'review'
      AND lease_expires_at IS NULL AND skips = 0 ORDER BY due_at LIMIT ${FRONT.leased})
    UPDATE queue_item AS item SET lease_token = gen_random_uuid(), lease_holder_id = ${holder?.id}::uuid,
      lease_expires_at = now() + interval '1 day'
    FROM front WHERE item.interaction_id = front.interaction_id`;
  await db.$executeRaw`
    WITH front AS (SELECT interaction_id FROM queue_item WHERE state = 'pending' AND stage = 'review'
      AND lease_expires_at IS NULL AND skips = 0 ORDER BY due_at LIMIT ${FRONT.skipped}),
    skipped AS (INSERT INTO queue_skip (interaction_id, reviewer_id, reason)
      SELECT front.interaction_id, person.id::uuid, 'language' FROM front, unnest(${people.map(({ id }) => id)}::text[]) AS person (id))
    UPDATE queue_item AS item SET skips = 1 FROM front WHERE item.interaction_id = front.interaction_id`;
}

/** Takes the front of the last size away again, so that both sizes have the same. */
export async function clearFront(): Promise<void> {
  await db.$executeRaw`UPDATE queue_item SET lease_token = NULL, lease_holder_id = NULL, lease_expires_at = NULL
    WHERE lease_holder_id IS NOT NULL`;
  await db.$executeRaw`UPDATE queue_item SET skips = 0 WHERE skips > 0`;
  await db.$executeRaw`DELETE FROM queue_skip`;
}

/** Frees what the bench claimed, so that every case begins with the same front. */
export async function freeClaims(people: readonly UserActor[]): Promise<void> {
  const [, ...claimants] = people;
  await db.$executeRaw`
    UPDATE queue_item SET lease_token = NULL, lease_holder_id = NULL, lease_expires_at = NULL
    WHERE lease_holder_id = ANY(${claimants.map(({ id }) => id)}::uuid[])`;
}

/** Decides the older half, and one in twenty of those by a second person too, as people would have over the time. */
export async function decideHalf(readers: readonly UserActor[]): Promise<void> {
  const ids = readers.map(({ id }) => id);
  await db.$executeRaw`
    UPDATE queue_item SET state = 'decided', verdict = CASE WHEN number % 4 = 0 THEN 'benign' ELSE 'harmful' END,
      reviews_done = CASE WHEN number % 20 = 0 THEN 2 ELSE 1 END,
      first_claimed_at = received_at + interval '5 minutes', decided_at = received_at + interval '7 minutes'
    FROM (SELECT id, external_id::int AS number, count(*) OVER () AS all_of FROM interaction) AS made
    WHERE made.id = interaction_id AND made.number < made.all_of / 2`;
  await db.$executeRaw`
    INSERT INTO review (id, interaction_id, reviewer_id, verdict, time_spent_ms, created_at)
    SELECT uuidv7(), item.interaction_id, (${ids}::uuid[])[1 + (made.number + nth) % ${ids.length}::int],
      CASE WHEN nth = 1 AND made.number % 200 = 0 THEN 'unsure' ELSE item.verdict END, 9000, item.decided_at
    FROM queue_item AS item
    JOIN (SELECT id, external_id::int AS number FROM interaction) AS made ON made.id = item.interaction_id
    CROSS JOIN generate_series(0, 1) AS nth
    WHERE item.state = 'decided' AND nth < item.reviews_done`;
}
