import type { Actor } from '#lib/actor';
import { db, type Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize, can } from '#lib/permissions';
import { worstFinding } from '#lib/reviews/priority';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ListInteractions, Severity } from './schema.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const findings = {
  orderBy: { position: 'asc' },
  select: {
    position: true,
    detector: true,
    rule: true,
    category: true,
    severity: true,
    cwe: true,
    message: true,
    start: true,
    end: true,
  },
} as const satisfies Prisma.Interaction$findingsArgs;

/** Interactions newest first, without their texts; `state` is null for what never joined the queue. */
export async function listInteractions(actor: Actor, filters: ListInteractions) {
  authorize(actor, 'interaction.read');
  const after = filters.cursor === undefined ? undefined : decodeCursor(filters.cursor);
  const finding = {
    ...(filters.category && { category: filters.category }),
    ...(filters.severity && { severity: filters.severity }),
  };
  const rows = await db.interaction.findMany({
    where: {
      ...(filters.language && { language: filters.language }),
      ...(filters.source && { source: filters.source }),
      ...((filters.since || filters.until) && {
        receivedAt: {
          ...(filters.since && { gte: new Date(filters.since) }),
          ...(filters.until && { lt: new Date(filters.until) }),
        },
      }),
      ...(filters.state && { queueItem: { is: { state: filters.state } } }),
      ...(Object.keys(finding).length > 0 && { findings: { some: finding } }),
      ...(after && {
        OR: [{ receivedAt: { lt: after.at } }, { receivedAt: after.at, id: { gt: after.id } }],
      }),
    },
    orderBy: [{ receivedAt: 'desc' }, { id: 'asc' }],
    take: filters.limit + 1,
    select: {
      id: true,
      source: true,
      externalId: true,
      occurredAt: true,
      receivedAt: true,
      modelName: true,
      modelVersion: true,
      surface: true,
      language: true,
      path: true,
      control: true,
      findings,
      queueItem: { select: { state: true } },
    },
  });
  const page = rows.slice(0, filters.limit);
  const last = page.at(-1);
  return {
    items: page.map(({ queueItem, ...row }) => ({
      ...row,
      ...summary(row.findings),
      state: queueItem?.state ?? null,
    })),
    nextCursor:
      rows.length > filters.limit && last ? encodeCursor({ at: last.receivedAt, id: last.id }) : null,
  };
}

/** One interaction with everything known about it. Throws `not_found`. */
export async function getInteraction(actor: Actor, id: string) {
  authorize(actor, 'interaction.read');
  const row = UUID.test(id) ? await db.interaction.findUnique({ where: { id }, select: full }) : null;
  if (!row) throw new AppError('not_found', `There is no interaction ${id.slice(0, 80)}.`);
  const { queueItem, reviews, incidents, ...interaction } = row;
  return {
    ...interaction,
    ...summary(row.findings),
    queue: queueItem && { state: queueItem.state, dueAt: queueItem.dueAt, ...holder(queueItem) },
    reviews: readableReviews(actor, queueItem, reviews),
    incidents: incidents.map(({ incident }) => ({ ref: `INC-${incident.number}`, ...incident })),
  };
}

export type FullInteraction = Awaited<ReturnType<typeof getInteraction>>;
export type InteractionSummary = Awaited<ReturnType<typeof listInteractions>>['items'][number];

const full = {
  id: true,
  source: true,
  externalId: true,
  occurredAt: true,
  receivedAt: true,
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
  outcome: true,
  sampling: true,
  control: true,
  meta: true,
  findings,
  queueItem: {
    select: {
      state: true,
      stage: true,
      dueAt: true,
      leaseExpiresAt: true,
      leaseHolder: { select: { id: true, name: true } },
    },
  },
  reviews: {
    orderBy: { createdAt: 'asc' },
    select: {
      id: true,
      verdict: true,
      note: true,
      timeSpentMs: true,
      createdAt: true,
      reviewer: { select: { id: true, name: true } },
      policy: { select: { key: true, version: true, title: true } },
    },
  },
  incidents: {
    orderBy: { linkedAt: 'asc' },
    select: { incident: { select: { id: true, number: true, title: true, state: true, severity: true } } },
  },
} as const satisfies Prisma.InteractionSelect;

/**
 * Reviews are blind: while an item is pending, whoever might yet review it sees only their own. A lead who took no
 * part sees a disagreement, because they settle it.
 */
function readableReviews<R extends { reviewer: { id: string } }>(
  actor: Actor,
  item: { state: string; stage: string } | null,
  reviews: R[],
): R[] {
  if (item?.state !== 'pending' || actor.kind !== 'user' || !can(actor, 'review.claim')) return reviews;
  const own = reviews.filter(({ reviewer }) => reviewer.id === actor.id);
  const settles = item.stage === 'adjudication' && own.length === 0 && can(actor, 'review.adjudicate');
  return settles ? reviews : own;
}

type Lease = { leaseExpiresAt: Date | null; leaseHolder: { id: string; name: string } | null };

function holder({ leaseExpiresAt, leaseHolder }: Lease) {
  const live = leaseExpiresAt !== null && leaseExpiresAt > new Date();
  return { heldBy: live ? leaseHolder : null, heldUntil: live ? leaseExpiresAt : null };
}

type Titled = {
  severity: string;
  category: string;
  message: string | null;
  rule: string | null;
  detector: string;
};

// The row was checked on its way in, so its severity is one of the four words.
function summary(rows: Titled[]) {
  const worst = worstFinding(rows.map((row) => ({ ...row, severity: row.severity as Severity })));
  return {
    severity: worst?.severity ?? null,
    category: worst?.category ?? null,
    title: worst ? (worst.message ?? worst.rule ?? worst.detector) : 'No finding',
  };
}
