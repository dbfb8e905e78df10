import { z } from 'zod';
import type { Actor } from '#lib/actor';
import { lookedAt } from '#lib/batches/looked-at';
import { clusterRef } from '#lib/clusters/schema';
import { standingWait } from '#lib/clusters/standing-wait';
import { db, type Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { effectiveOutcome } from '#lib/outcomes/effective';
import type { OutcomeWord } from '#lib/outcomes/schema';
import { parse } from '#lib/parse';
import { authorize } from '#lib/permissions';
import { readableReviews } from '#lib/reviews/blind';
import { worstFinding } from '#lib/reviews/priority';
import { findPage } from '#lib/search/find';
import { type Term, termsSchema } from '#lib/search/query';
import { queryLineSchema } from '#lib/search/schema';
import { maskedText } from '#lib/secrets/mask';
import { maskMessages, maskOne } from '#lib/secrets/queries';
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

const told = {
  orderBy: { occurredAt: 'asc' },
  select: { outcome: true, occurredAt: true },
} as const satisfies Prisma.Interaction$outcomesArgs;

// Checked on their way in, so they are the words of the contract.
function effective(cameWith: string | null, outcomes: { outcome: string; occurredAt: Date }[]) {
  const words = outcomes.map(({ outcome, occurredAt }) => ({ outcome: outcome as OutcomeWord, occurredAt }));
  return effectiveOutcome(cameWith as OutcomeWord | null, words);
}

/** The terms of the query line and of the single filters, as one query. Throws `invalid` for a line that is wrong. */
export function termsOf(filters: ListInteractions): Term[] {
  const { query = '', since, until, decidedSince, decidedUntil, cursor: _, limit: __, ...named } = filters;
  const { query: terms } = parse(z.strictObject({ query: queryLineSchema }), { query });
  const given = {
    ...named,
    after: since && new Date(since).toISOString(),
    before: until && new Date(until).toISOString(),
    'decided-after': decidedSince && new Date(decidedSince).toISOString(),
    'decided-before': decidedUntil && new Date(decidedUntil).toISOString(),
  };
  const more = Object.entries(given).flatMap(([key, value]) =>
    value ? [{ key, value, negated: false }] : [],
  );
  return [...terms, ...termsSchema.parse(more)];
}

/**
 * Interactions newest first, without their texts; `state` is null for what never joined the queue. `match` is where a
 * text that was asked for stands. Throws `invalid` for a query that is wrong, `unprocessable` for one that is too wide.
 */
export async function listInteractions(actor: Actor, filters: ListInteractions) {
  authorize(actor, 'interaction.read');
  const { found, nextCursor, searchedTo } = await findPage(termsOf(filters), filters);
  const rows = await db.interaction.findMany({
    where: { id: { in: found.map(({ id }) => id) } },
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
      clusterMember: { select: { cluster: { select: { number: true } } } },
      incidents: { orderBy: { linkedAt: 'asc' }, select: { incident: { select: { number: true } } } },
    },
  });
  const byId = new Map((await maskMessages(rows)).map((row) => [row.id, row]));
  const items = found.flatMap(({ id, match }) => {
    const row = byId.get(id);
    // Erased since, or gone.
    if (!row) return [];
    const { queueItem, outcomes, clusterMember, incidents, ...rest } = row;
    return [
      {
        ...rest,
        outcome: effective(row.outcome, outcomes),
        path: maskedText(row.path),
        ...summary(row.findings),
        state: queueItem?.state ?? null,
        cluster: clusterMember && `C-${clusterMember.cluster.number}`,
        incidents: incidents.map(({ incident }) => `INC-${incident.number}`),
        match: row.erasedAt ? null : match,
      },
    ];
  });
  return { items, nextCursor, searchedTo };
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
  const { queueItem, incidents, outcomes, clusterMember, ...interaction } = shown;
  const reviews = readableReviews(actor, queueItem, row.reviews);
  const [batches, waits] = await Promise.all([
    lookedAt(reviews.map((review) => review.id)),
    clusterMember && standingWait(row.id),
  ]);
  return {
    ...interaction,
    outcome: effective(row.outcome, outcomes),
    outcomes,
    ...summary(shown.findings),
    queue: queueItem && { state: queueItem.state, dueAt: queueItem.dueAt, ...holder(queueItem) },
    reviews: reviews.map((review) => ({ ...review, batch: batches.get(review.id) ?? null })),
    cluster: clusterMember && { ref: clusterRef(clusterMember.cluster.number), waits },
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
  clusterMember: { select: { cluster: { select: { number: true } } } },
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
