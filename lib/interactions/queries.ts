import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { effectiveOutcome } from '#lib/outcomes/effective';
import type { OutcomeWord } from '#lib/outcomes/schema';
import { authorize } from '#lib/permissions';
import { readableReviews } from '#lib/reviews/blind';
import { worstFinding } from '#lib/reviews/priority';
import { maskedText } from '#lib/secrets/mask';
import { maskMessages, maskOne } from '#lib/secrets/queries';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type ListInteractions, OUTCOMES, type Severity } from './schema.ts';

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

const told = {
  orderBy: { occurredAt: 'asc' },
  select: { outcome: true, occurredAt: true },
} as const satisfies Prisma.Interaction$outcomesArgs;

// Checked on their way in, so they are the words of the contract.
function effective(cameWith: string | null, outcomes: { outcome: string; occurredAt: Date }[]) {
  const words = outcomes.map(({ outcome, occurredAt }) => ({ outcome: outcome as OutcomeWord, occurredAt }));
  return effectiveOutcome(cameWith as OutcomeWord | null, words);
}

function conditionsOf(filters: ListInteractions): Prisma.Sql[] {
  const { language, source, state, category, severity, outcome, since, until, cursor } = filters;
  const { decidedSince, decidedUntil } = filters;
  const where = [Prisma.sql`true`];
  if (language) where.push(Prisma.sql`i.language = ${language}`);
  if (source) where.push(Prisma.sql`i.source = ${source}`);
  if (since) where.push(Prisma.sql`i.received_at >= ${new Date(since)}`);
  if (until) where.push(Prisma.sql`i.received_at < ${new Date(until)}`);
  if (state)
    where.push(
      Prisma.sql`EXISTS (SELECT 1 FROM queue_item q WHERE q.interaction_id = i.id AND q.state = ${state})`,
    );
  if (decidedSince || decidedUntil) {
    const from = decidedSince ? Prisma.sql`AND q.decided_at >= ${new Date(decidedSince)}` : Prisma.empty;
    const to = decidedUntil ? Prisma.sql`AND q.decided_at < ${new Date(decidedUntil)}` : Prisma.empty;
    where.push(
      Prisma.sql`EXISTS (SELECT 1 FROM queue_item q WHERE q.interaction_id = i.id AND q.decided_at IS NOT NULL ${from} ${to})`,
    );
  }
  if (category || severity) {
    const byCategory = category ? Prisma.sql`AND f.category = ${category}` : Prisma.empty;
    const bySeverity = severity ? Prisma.sql`AND f.severity = ${severity}` : Prisma.empty;
    where.push(
      Prisma.sql`EXISTS (SELECT 1 FROM finding f WHERE f.interaction_id = i.id ${byCategory} ${bySeverity})`,
    );
  }
  // The same rule as effectiveOutcome.
  if (outcome)
    where.push(Prisma.sql`coalesce((SELECT o.outcome FROM outcome o WHERE o.interaction_id = i.id
      ORDER BY o.occurred_at DESC, array_position(${[...OUTCOMES]}::text[], o.outcome) DESC LIMIT 1), i.outcome) = ${outcome}`);
  if (cursor !== undefined) {
    const { at, id } = decodeCursor(cursor);
    // The first condition lets the index begin where the last page ended.
    where.push(Prisma.sql`i.received_at <= ${at} AND (i.received_at < ${at} OR i.id > ${id}::uuid)`);
  }
  return where;
}

/** Interactions newest first, without their texts; `state` is null for what never joined the queue. */
export async function listInteractions(actor: Actor, filters: ListInteractions) {
  authorize(actor, 'interaction.read');
  // Ids first: the outcome that holds cannot be said as a condition of the client's.
  const ids = await db.$queryRaw<{ id: string }[]>`
    SELECT i.id FROM interaction i WHERE ${Prisma.join(conditionsOf(filters), ' AND ')}
    ORDER BY i.received_at DESC, i.id LIMIT ${filters.limit + 1}`;
  const rows = await db.interaction.findMany({
    where: { id: { in: ids.map(({ id }) => id) } },
    orderBy: [{ receivedAt: 'desc' }, { id: 'asc' }],
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
      erasedAt: true,
      findings,
      outcome: true,
      outcomes: told,
      queueItem: { select: { state: true } },
    },
  });
  const page = await maskMessages(rows.slice(0, filters.limit));
  const last = page.at(-1);
  return {
    items: page.map(({ queueItem, outcomes, ...row }) => ({
      ...row,
      outcome: effective(row.outcome, outcomes),
      path: maskedText(row.path),
      ...summary(row.findings),
      state: queueItem?.state ?? null,
    })),
    nextCursor:
      rows.length > filters.limit && last ? encodeCursor({ at: last.receivedAt, id: last.id }) : null,
  };
}

/**
 * One interaction with everything known about it, its secrets covered; `secrets` says where and of which kind,
 * `uncovered` how many a detector names that could not be covered.
 * `erasedAt` and `erasedFor` are set where the text was dropped. Throws `not_found`.
 */
export async function getInteraction(actor: Actor, id: string) {
  authorize(actor, 'interaction.read');
  const row = UUID.test(id) ? await db.interaction.findUnique({ where: { id }, select: full }) : null;
  if (!row) throw new AppError('not_found', `There is no interaction ${id.slice(0, 80)}.`);
  const shown = await maskOne(row);
  const { queueItem, reviews, incidents, outcomes, ...interaction } = shown;
  return {
    ...interaction,
    outcome: effective(row.outcome, outcomes),
    outcomes,
    ...summary(shown.findings),
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
  outcomes: told,
  sampling: true,
  control: true,
  meta: true,
  notShown: true,
  erasedAt: true,
  erasedFor: true,
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
