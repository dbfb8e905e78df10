import type { UserActor } from '#lib/actor';
import { db, type Prisma } from '#lib/db';

// The reads behind getWorkItem. None of them selects who else reviewed the item or whether it is golden.

const finding = {
  position: true,
  detector: true,
  rule: true,
  category: true,
  severity: true,
  cwe: true,
  message: true,
  start: true,
  end: true,
} as const satisfies Prisma.FindingSelect;

const cluster = {
  id: true,
  number: true,
  size: true,
  actors: true,
  tenants: true,
  rated: true,
  accepted: true,
  lastHour: true,
} as const satisfies Prisma.ClusterSelect;

export const workItemSelect = {
  id: true,
  modelName: true,
  modelVersion: true,
  surface: true,
  language: true,
  path: true,
  actorId: true,
  tier: true,
  tenant: true,
  prompt: true,
  before: true,
  completion: true,
  occurredAt: true,
  receivedAt: true,
  outcome: true,
  sampling: true,
  meta: true,
  notShown: true,
  findings: { orderBy: { position: 'asc' }, select: finding },
  outcomes: { orderBy: { occurredAt: 'desc' }, take: 1, select: { outcome: true } },
  queueItem: {
    select: {
      stage: true,
      state: true,
      severity: true,
      category: true,
      spread: true,
      dueAt: true,
      assigneeId: true,
      assignedById: true,
      assignedUntil: true,
      handoverNote: true,
      queue: { select: { key: true, name: true } },
    },
  },
  clusterMember: { select: { cluster: { select: cluster } } },
  incidents: {
    orderBy: { linkedAt: 'asc' },
    select: { incident: { select: { number: true, title: true } } },
  },
} as const satisfies Prisma.InteractionSelect;

type Tally = { state: string; verdict: string | null; policyTitle: string | null; count: number };

/** Members that are counted, the newest: what a reviewer is shown must not wait for a cluster of a million. */
const COUNTED_MEMBERS = 5_000;

/** How the newest others of a cluster stand: pending ones, and decided ones by verdict and policy. */
export async function clusterTally(clusterId: string, interactionId: string) {
  const rows = await db.$queryRaw<Tally[]>`
    SELECT item.state, item.verdict, policy.title AS "policyTitle", count(*)::int AS count
    FROM (
      SELECT interaction_id FROM cluster_member WHERE cluster_id = ${clusterId}::uuid
      ORDER BY joined_at DESC LIMIT ${COUNTED_MEMBERS}
    ) AS member
    JOIN queue_item AS item ON item.interaction_id = member.interaction_id
    LEFT JOIN policy ON policy.id = item.policy_id
    WHERE member.interaction_id <> ${interactionId}::uuid
    GROUP BY item.state, item.verdict, policy.title
    ORDER BY count(*) DESC, item.verdict`;
  return {
    // The item itself is pending to whoever looks at it here.
    pending: 1 + (rows.find(({ state }) => state === 'pending')?.count ?? 0),
    decided: rows.flatMap(({ verdict, policyTitle, count }) =>
      verdict === null ? [] : [{ verdict, policyTitle, count }],
    ),
  };
}

/** The two words that a lead is to settle; null for who took part in the disagreement. */
export async function disagreementOn(person: UserActor, interactionId: string) {
  const reviews = await db.review.findMany({
    where: { interactionId, kind: 'review' },
    orderBy: { createdAt: 'asc' },
    select: {
      reviewerId: true,
      verdict: true,
      note: true,
      reviewer: { select: { name: true } },
      policy: { select: { title: true } },
    },
  });
  if (reviews.some(({ reviewerId }) => reviewerId === person.id)) return null;
  return reviews.map(({ verdict, note, reviewer, policy }) => ({
    reviewer: reviewer.name,
    verdict,
    policyTitle: policy?.title ?? null,
    note,
  }));
}
