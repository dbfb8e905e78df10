import type { Actor } from '#lib/actor';
import { db, Prisma, type Tx } from '#lib/db';
import { adoptionTimes } from '#lib/fleet/adoption';
import type { MergedIn } from '#lib/incidents/merge';
import { maskedTests } from '#lib/mitigations/queries';
import { readableReviews } from '#lib/reviews/blind';
import { maskRows } from '#lib/secrets/queries';
import type { RuleTests } from '#sdk/rule';
import { ndjsonLine } from './ndjson.ts';

/** What an export covers, and the moment it is of: later changes belong to a later export. */
export type Cut = {
  /** Every line is read in the snapshot that its counts are of. */
  tx: Tx;
  /** Whose export it is: reviews stay blind in it as they do on the page. */
  actor: Actor;
  incidentId: string;
  /** Incidents that were merged into it, with how many events each had. */
  merged: MergedIn[];
  interactionIds: string[];
  lastMitigation: number;
  lastSeq: number;
  /** The export's own event is the last one in it. */
  lastIncidentSeq: number;
};

const EVENTS_PAGE = 200;
// A prompt and a completion may be a megabyte each.
const INTERACTIONS_PAGE = 20;
const RULESETS_PAGE = 5;
const RECEIPTS_PAGE = 500;

/** Every line between the manifest and the end, in keyset pages, so that memory stays flat however long it is. */
export async function* incidentLines(cut: Cut): AsyncGenerator<[type: string, line: string]> {
  yield* interactionLines(cut);
  yield* mitigationLines(cut);
  yield* rulesetLines(cut);
  for await (const event of incidentEvents(cut))
    yield ['event', ndjsonLine({ type: 'event', body: event.body })];
}

async function* interactionLines(cut: Cut): AsyncGenerator<[string, string]> {
  for (let start = 0; start < cut.interactionIds.length; start += INTERACTIONS_PAGE) {
    const page = await cut.tx.interaction.findMany({
      where: { id: { in: cut.interactionIds.slice(start, start + INTERACTIONS_PAGE) } },
      orderBy: { id: 'asc' },
      include: {
        findings: { orderBy: { position: 'asc' } },
        reviews: {
          orderBy: { createdAt: 'asc' },
          include: {
            reviewer: { select: { id: true, name: true } },
            policy: { select: { key: true, version: true, title: true } },
          },
        },
        queueItem: { select: { state: true, stage: true } },
        incidents: { where: { incidentId: cut.incidentId }, select: { linkedAt: true } },
      },
    });
    for (const { findings, reviews, queueItem, incidents, digest, secrets, ...row } of await maskRows(
      page,
      cut.tx,
    )) {
      const linkedAt = incidents[0]?.linkedAt ?? null;
      const sha256 = Buffer.from(digest).toString('hex');
      yield ['interaction', ndjsonLine({ type: 'interaction', ...row, sha256, linkedAt, masked: secrets })];
      for (const finding of findings) yield ['finding', ndjsonLine({ type: 'finding', ...finding })];
      for (const { reviewerId: _, policyId: __, ...review } of readableReviews(cut.actor, queueItem, reviews))
        yield ['review', ndjsonLine({ type: 'review', ...review })];
    }
  }
}

async function* mitigationLines(cut: Cut): AsyncGenerator<[string, string]> {
  for (let after = 0; ; ) {
    const page = await cut.tx.mitigation.findMany({
      where: { incidentId: cut.incidentId, number: { gt: after, lte: cut.lastMitigation } },
      orderBy: { number: 'asc' },
      take: EVENTS_PAGE,
      include: { approvals: { orderBy: { approvedAt: 'asc' } } },
    });
    for (const { number, ...row } of page) {
      const approvals = row.approvals.map(({ mitigationId: _, ...approval }) => approval);
      // Written through the wire schema only.
      const tests = maskedTests(row.tests as RuleTests);
      yield ['mitigation', ndjsonLine({ type: 'mitigation', ref: `R-${number}`, ...row, tests, approvals })];
      yield* versionLines(cut.tx, row.id, `R-${number}`);
      after = number;
    }
    if (page.length < EVENTS_PAGE) return;
  }
}

/** Every content the rule ever had, as the exact text that its digest is of. A list of names may be megabytes. */
async function* versionLines(tx: Tx, mitigationId: string, ref: string): AsyncGenerator<[string, string]> {
  const kept = await tx.mitigationVersion.findMany({
    where: { mitigationId },
    orderBy: [{ version: 'asc' }, { writtenAt: 'asc' }],
    select: { version: true, digest: true },
  });
  for (const { version, digest } of kept) {
    const row = await tx.mitigationVersion.findUniqueOrThrow({
      where: { mitigationId_version_digest: { mitigationId, version, digest } },
      omit: { mitigationId: true },
    });
    yield ['version', ndjsonLine({ type: 'version', ref, ...row })];
  }
}

/** The rulesets that carried a rule of the incident, and the one that took it away. */
export function carriedBy(cut: Cut): Prisma.Sql {
  return Prisma.sql`r.seq <= ${cut.lastSeq} AND EXISTS (
    SELECT 1 FROM mitigation m WHERE m.incident_id = ${cut.incidentId}::uuid
      AND r.seq >= m.published_seq AND r.seq <= coalesce(m.ended_seq, ${cut.lastSeq}))`;
}

async function* rulesetLines(cut: Cut): AsyncGenerator<[string, string]> {
  for (let after = 0; ; ) {
    const page = await cut.tx.$queryRaw<({ seq: number } & Record<string, unknown>)[]>`
      SELECT r.seq, r.cause, r.rules, r.payload, r.signature, r.key_id AS "keyId",
        r.published_at AS "publishedAt", r.expires_at AS "expiresAt"
      FROM ruleset r WHERE r.seq > ${after} AND ${carriedBy(cut)} ORDER BY r.seq LIMIT ${RULESETS_PAGE}`;
    const times = await adoptionTimes(
      cut.tx,
      page.map((row) => row.seq),
    );
    for (const row of page) {
      yield ['ruleset', ndjsonLine({ type: 'ruleset', ...row })];
      const figures = times.find((time) => time.seq === row.seq);
      yield [
        'adoption',
        ndjsonLine({ type: 'adoption', seq: row.seq, ...(await takers(cut.tx, row.seq)), ...figures }),
      ];
      yield* receiptLines(cut.tx, row.seq);
      after = row.seq;
    }
    if (page.length < RULESETS_PAGE) return;
  }
}

async function takers(tx: Tx, seq: number) {
  const [row] = await tx.$queryRaw<{ offered: number; active: number; failed: number }[]>`
    SELECT count(offered_at)::int AS offered, count(active_at)::int AS active,
      (count(*) FILTER (WHERE failed_at IS NOT NULL AND active_at IS NULL))::int AS failed
    FROM adoption WHERE seq = ${seq}`;
  return row;
}

/** When each instance was offered the ruleset, and when it enforced it or why it did not. */
async function* receiptLines(tx: Tx, seq: number): AsyncGenerator<[string, string]> {
  for (let after = ''; ; ) {
    const page = await tx.adoption.findMany({
      where: { seq, instanceId: { gt: after } },
      orderBy: { instanceId: 'asc' },
      take: RECEIPTS_PAGE,
    });
    for (const receipt of page) {
      yield ['receipt', ndjsonLine({ type: 'receipt', ...receipt })];
      after = receipt.instanceId;
    }
    if (page.length < RECEIPTS_PAGE) return;
  }
}

export type ExportedEvent = Awaited<ReturnType<typeof eventPage>>[number];

/** The incident's events in its own order, up to the export itself, then those of each incident merged into it. */
export async function* incidentEvents(cut: Cut): AsyncGenerator<ExportedEvent> {
  const { tx, incidentId, lastIncidentSeq } = cut;
  yield* eventsOf(tx, incidentId, lastIncidentSeq - 1);
  // Recorded a moment after what it is of.
  yield* await eventPage(db, incidentId, lastIncidentSeq - 1, lastIncidentSeq);
  for (const { id, events } of cut.merged) yield* eventsOf(tx, id, events);
}

async function* eventsOf(tx: Tx, incidentId: string, last: number): AsyncGenerator<ExportedEvent> {
  for (let after = 0; ; ) {
    const page = await eventPage(tx, incidentId, after, last);
    for (const event of page) {
      yield event;
      after = event.incidentSeq ?? after;
    }
    if (page.length < EVENTS_PAGE) return;
  }
}

function eventPage(client: Tx | typeof db, incidentId: string, after: number, last: number) {
  return client.event.findMany({
    where: { incidentId, incidentSeq: { gt: after, lte: last } },
    orderBy: { incidentSeq: 'asc' },
    take: EVENTS_PAGE,
    select: eventSelect,
  });
}

const eventSelect = {
  action: true,
  actorKind: true,
  actorId: true,
  actorName: true,
  subjectType: true,
  subjectId: true,
  incidentId: true,
  incidentSeq: true,
  body: true,
  occurredAt: true,
} as const satisfies Prisma.EventSelect;
