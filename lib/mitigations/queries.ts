import type { Actor } from '#lib/actor';
import { db, type Prisma } from '#lib/db';
import { AppError } from '#lib/errors';
import { hitsByMitigation } from '#lib/fleet/queries';
import { whoCannotRead } from '#lib/fleet/readers';
import { authorize } from '#lib/permissions';
import { toRule, wireRuleSelect } from '#lib/rulesets/wire-rule';
import { maskedText } from '#lib/secrets/mask';
import type { Rule, RuleFail, RuleMatcher, RuleParameters, RuleScope, RuleTests } from '#sdk/rule';
import { connectedInstances } from './canary.ts';
import { ruleDigest } from './content.ts';
import { examplesOf, type LinkedExample, linkedExamples } from './linked.ts';
import { byRef } from './lock.ts';
import { planSchema, reaching, type Stage } from './plan.ts';
import { endsIfPublished, type ListMitigations, PAGE_MAX } from './schema.ts';
import { agreedOf, barredFrom, secondPeople, secondsMissing, standingApprovals } from './second-person.ts';
import type { MitigationState } from './states.ts';

const PAGE_DEFAULT = 50;

const rowSelect = {
  id: true,
  number: true,
  incidentId: true,
  title: true,
  version: true,
  scope: true,
  matcher: true,
  target: true,
  action: true,
  mode: true,
  parameters: true,
  when: true,
  fail: true,
  sample: true,
  plan: true,
  stage: true,
  stageSince: true,
  heldReason: true,
  approvalDueAt: true,
  state: true,
  authorId: true,
  writerIds: true,
  writerUnknown: true,
  glassHandIds: true,
  publishedDigest: true,
  lifeMinutes: true,
  breakGlassReason: true,
  publishedSeq: true,
  stageSeq: true,
  endedSeq: true,
  createdAt: true,
  publishedAt: true,
  expiresAt: true,
  endedAt: true,
  incident: { select: { number: true, title: true, severity: true } },
} as const satisfies Prisma.MitigationSelect;

type Row = Prisma.MitigationGetPayload<{ select: typeof rowSelect }>;
type Hits = { hits: number; enforced: number };

function present(row: Row, hits: Hits | undefined) {
  const { number, incident, ...rest } = row;
  return {
    ...rest,
    // What is not out yet lives from its publish on.
    expiresAt: row.publishedAt === null ? endsIfPublished(row) : row.expiresAt,
    ref: `R-${number}`,
    incident: {
      id: row.incidentId,
      ref: `INC-${incident.number}`,
      title: incident.title,
      severity: incident.severity,
    },
    // Written through the wire schemas only.
    scope: row.scope as RuleScope,
    matcher: row.matcher as RuleMatcher,
    target: row.target as Rule['target'],
    action: row.action as Rule['action'],
    mode: row.mode as Rule['mode'],
    parameters: row.parameters as RuleParameters,
    fail: row.fail as RuleFail,
    plan: planSchema.parse(row.plan),
    stage: row.stage as Stage,
    state: row.state as MitigationState,
    hits: hits?.hits ?? 0,
    enforced: hits?.enforced ?? 0,
  };
}

type MitigationRow = ReturnType<typeof present>;

/** Newest first; `nextCursor` is null at the end. */
export async function listMitigations(
  actor: Actor,
  filters: ListMitigations = {},
): Promise<{ items: MitigationRow[]; nextCursor: string | null }> {
  authorize(actor, 'mitigation.read');
  const limit = Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX);
  const rows = await db.mitigation.findMany({
    where: {
      ...(filters.incidentId !== undefined && { incidentId: filters.incidentId }),
      ...(filters.state !== undefined && { state: filters.state }),
      ...(filters.action !== undefined && { action: filters.action }),
      AND: [
        ...(filters.stage !== undefined ? [{ stage: filters.stage, state: 'live' }] : []),
        ...(filters.q ? [named(filters.q)] : []),
      ],
      ...(filters.cursor !== undefined && { number: { lt: Number(filters.cursor) } }),
    },
    orderBy: { number: 'desc' },
    take: limit + 1,
    select: rowSelect,
  });
  const page = rows.slice(0, limit);
  const hits = await hitsByMitigation(
    actor,
    page.map((row) => row.id),
  );
  return {
    items: page.map((row) => present(row, hits[row.id])),
    nextCursor: rows.length > limit ? String(page.at(-1)?.number) : null,
  };
}

function named(words: string): Prisma.MitigationWhereInput {
  const [, prefix, digits] = /^(R|INC)-(\d{1,9})$/i.exec(words) ?? [];
  if (prefix === undefined) return { title: { contains: words, mode: 'insensitive' } };
  const number = Number(digits);
  return prefix.toUpperCase() === 'R' ? { number } : { incident: { is: { number } } };
}

/** One rule with its tests, approvals and digest, by id or `R-31`. Throws `not_found`. */
export async function getMitigation(actor: Actor, idOrRef: string) {
  authorize(actor, 'mitigation.read');
  const [found] = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM mitigation WHERE ${byRef(idOrRef, 'R')}`;
  if (!found) throw new AppError('not_found', `There is no mitigation ${idOrRef}.`);
  const row = await db.mitigation.findUniqueOrThrow({
    where: { id: found.id },
    select: {
      ...rowSelect,
      ...wireRuleSelect,
      incident: rowSelect.incident,
      approvals: {
        orderBy: { approvedAt: 'asc' },
        select: { version: true, approverId: true, approvedAt: true, digest: true },
      },
    },
  });
  const { approvals, tests: _, startsAt, ...base } = row;
  const people = [row.authorId, ...approvals.map((approval) => approval.approverId)].filter(
    (id) => id !== null,
  );
  const users = await db.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } });
  const nameOf = (id: string) => users.find((user) => user.id === id)?.name ?? 'a former member';
  const rule = toRule(row);
  const digest = ruleDigest(row);
  const standing = { ...row, approvals: await standingApprovals(db, approvals) };
  const agreed = agreedOf(standing, digest);
  const hits = await hitsByMitigation(actor, [row.id]);
  return {
    ...present(base, hits[row.id]),
    startsAt,
    /** Its plan with the share of the instances connected now that the canary would reach: what its risk is judged by. */
    reach: reaching(planSchema.parse(row.plan), row.id, await connectedInstances(db)),
    /** Which instances would refuse a ruleset with it, and why; null where all read it. */
    unread: await whoCannotRead(db, rule),
    tests: maskedTests(rule.tests),
    digest,
    /** How many people who are signed in must still agree, where its risk asks for somebody else at all. */
    missing: secondsMissing(standing, digest),
    /** Names of those who can. */
    able: await secondPeople(db, [...barredFrom(row), ...agreed]),
    author: row.authorId === null ? null : { id: row.authorId, name: nameOf(row.authorId) },
    approvals: approvals.map((approval) => ({
      ...approval,
      approver: nameOf(approval.approverId),
      /** Only an approval of exactly what it is now counts, by somebody who had no hand in it. */
      counts: approval.version === row.version && agreed.includes(approval.approverId),
    })),
  };
}

/** A test may be an excerpt of what was flagged, or what somebody pasted. */
export function maskedTests<T extends Partial<RuleTests>>(tests: T): T {
  const shown = Object.entries(tests).map(([name, vectors]) => [
    name,
    vectors?.map((vector) => ({ ...vector, text: maskedText(vector.text) })),
  ]);
  return Object.fromEntries(shown) as T;
}

export type MitigationDetail = Awaited<ReturnType<typeof getMitigation>>;

const HISTORY_MAX = 200;

/** What happened to one rule, newest first. */
export async function mitigationHistory(actor: Actor, id: string) {
  authorize(actor, 'mitigation.read');
  const events = await db.event.findMany({
    where: { subjectType: 'mitigation', subjectId: id },
    orderBy: { id: 'desc' },
    take: HISTORY_MAX,
    select: { id: true, action: true, actorName: true, occurredAt: true, body: true },
  });
  return events.map(({ id: eventId, body, ...event }) => ({
    ...event,
    id: String(eventId),
    data: (JSON.parse(body) as { data: Record<string, unknown> }).data,
  }));
}

export type MitigationEvent = Awaited<ReturnType<typeof mitigationHistory>>[number];

/** An incident by `INC-12` or id. Throws `not_found`. */
export async function incidentByRef(
  actor: Actor,
  ref: string,
): Promise<{ id: string; ref: string; title: string; severity: string }> {
  authorize(actor, 'mitigation.read');
  const [incident] = await db.$queryRaw<{ id: string; number: number; title: string; severity: string }[]>`
    SELECT id, number, title, severity FROM incident WHERE ${byRef(ref, 'INC')}`;
  if (!incident) throw new AppError('not_found', `There is no incident ${ref}.`);
  const { number, ...rest } = incident;
  return { ref: `INC-${number}`, ...rest };
}

const COMPOSER_EXAMPLES = 40;

/** What the composer starts from: how many interactions are linked, and the first of them. */
export async function composerExamples(
  actor: Actor,
  incidentId: string,
): Promise<{ linked: number; examples: LinkedExample[] }> {
  authorize(actor, 'interaction.read');
  const [linked, examples] = await Promise.all([
    db.incidentInteraction.count({ where: { incidentId } }),
    linkedExamples(db, incidentId, COMPOSER_EXAMPLES),
  ]);
  return { linked, examples };
}

/** Interactions that a rule is written from before an incident links them; secrets are masked. */
export async function exampleInteractions(actor: Actor, ids: string[]): Promise<LinkedExample[]> {
  authorize(actor, 'interaction.read');
  return examplesOf(db, ids, COMPOSER_EXAMPLES);
}
