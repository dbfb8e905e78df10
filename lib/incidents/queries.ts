import type { Actor } from '#lib/actor';
import { db, Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { enforcementIn } from '#lib/fleet/enforcement';
import type { Stage } from '#lib/mitigations/plan';
import { authorize } from '#lib/permissions';
import { mask } from '#lib/secrets/mask';
import { maskMessages, secretsOf } from '#lib/secrets/queries';
import { mergeCargo, mergeChain, mergedIn, standingMerge } from './merge.ts';
import { incidentKey, incidentRef, type ListIncidents, PAGE_MAX } from './schema.ts';
import { FINAL_STATES, type IncidentFacts } from './states.ts';

/** Not guarded: for verbs and pages that have authorized already. Reads with the caller's transaction. */
export async function incidentFacts(
  tx: Tx,
  incident: { id: string; commanderId: string | null },
): Promise<IncidentFacts> {
  const live = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text AS id FROM mitigation
    WHERE incident_id = ${incident.id}::uuid AND state = 'live' AND expires_at > clock_timestamp()`;
  const enforcement = await enforcementIn(
    tx,
    live.map(({ id }) => id),
  );
  return {
    hasCommander: incident.commanderId !== null,
    liveRules: live.length,
    enforcedRules: Object.values(enforcement).filter(({ enforcing }) => enforcing > 0).length,
    beforeMerge: (await standingMerge(tx, incident.id))?.stateBefore ?? null,
  };
}

type ListRow = {
  id: string;
  number: number;
  title: string;
  severity: string;
  state: string;
  version: number;
  createdAt: Date;
  commander: string | null;
  stateSince: Date | null;
  liveRules: number;
  interactions: number;
};

/** Incidents, newest first, with what a commander needs to choose where to look. */
export async function listIncidents(actor: Actor, filters: ListIncidents = {}) {
  authorize(actor, 'incident.read');
  const limit = Math.min(filters.limit === undefined ? 50 : Number(filters.limit), PAGE_MAX);
  const state = filters.state ?? 'open';
  const where = [
    state === 'all'
      ? Prisma.sql`true`
      : state === 'open'
        ? Prisma.sql`i.state <> ALL (${[...FINAL_STATES]}::text[])`
        : Prisma.sql`i.state = ${state}`,
    ...(filters.severity ? [Prisma.sql`i.severity = ${filters.severity}`] : []),
    ...(filters.cursor ? [Prisma.sql`i.number < ${Number(filters.cursor)}`] : []),
  ];
  const rows = await db.$queryRaw<ListRow[]>`
    SELECT i.id, i.number, i.title, i.severity, i.state, i.version, i.created_at AS "createdAt",
      u.name AS commander,
      (SELECT e.occurred_at FROM event e WHERE e.incident_id = i.id
        AND e.action IN ('incident.declare', 'incident.transition')
        ORDER BY e.incident_seq DESC LIMIT 1) AS "stateSince",
      (SELECT count(*)::int FROM mitigation m
        WHERE m.incident_id = i.id AND m.state = 'live' AND m.expires_at > now()) AS "liveRules",
      (SELECT count(*)::int FROM incident_interaction l WHERE l.incident_id = i.id) AS interactions
    FROM incident i LEFT JOIN app_user u ON u.id = i.commander_id
    WHERE ${Prisma.join(where, ' AND ')}
    ORDER BY i.number DESC LIMIT ${limit + 1}`;
  const items = rows
    .slice(0, limit)
    .map(({ number, ...row }) => ({ ref: incidentRef(number), number, ...row }));
  return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.number) : null };
}

export type IncidentRow = Awaited<ReturnType<typeof listIncidents>>['items'][number];

/** One incident with its commander, what is linked to it and what its guards see. Throws `not_found`. */
export async function getIncident(actor: Actor, ref: string) {
  authorize(actor, 'incident.read');
  const key = incidentKey(ref);
  const known = key
    ? await db.incident.findFirst({
        where: key,
        select: {
          id: true,
          number: true,
          title: true,
          severity: true,
          state: true,
          episode: true,
          version: true,
          commanderId: true,
          mergedIntoId: true,
          createdAt: true,
          _count: { select: { interactions: true } },
        },
      })
    : null;
  if (!known) throw new AppError('not_found', `There is no incident ${ref}.`);
  const { _count, number, commanderId, mergedIntoId, ...rest } = known;
  const [commander, chain, merged, cargo, since, facts, mitigations, interactions] = await Promise.all([
    commanderId ? db.user.findUnique({ where: { id: commanderId }, select: { id: true, name: true } }) : null,
    mergedIntoId ? mergeChain(db, known.id) : [],
    mergedIn(db, known.id),
    mergeCargo(db, known.id),
    db.event.findFirst({
      where: { incidentId: known.id, action: { in: ['incident.declare', 'incident.transition'] } },
      orderBy: { incidentSeq: 'desc' },
      select: { occurredAt: true },
    }),
    incidentFacts(db, known),
    listRules(known.id),
    listLinked(known.id),
  ]);
  return {
    ref: incidentRef(number),
    number,
    ...rest,
    commander,
    mergedInto: chain[0] ?? null,
    /** Where its work goes on: what it was merged into, what that was merged into, and so on. */
    mergeChain: chain,
    /** Incidents whose rules, evidence and history came here by a merge, the newest merge first. */
    merged,
    /** What its own merge would take along. */
    cargo,
    /** When it entered its state, from the history. */
    stateSince: since?.occurredAt ?? rest.createdAt,
    facts,
    mitigations,
    interactions,
    interactionCount: _count.interactions,
  };
}

export type IncidentDetail = Awaited<ReturnType<typeof getIncident>>;

async function listRules(incidentId: string) {
  const rows = await db.mitigation.findMany({
    where: { incidentId },
    orderBy: { number: 'desc' },
    take: PAGE_MAX,
    select: {
      id: true,
      number: true,
      title: true,
      state: true,
      mode: true,
      action: true,
      target: true,
      stage: true,
      stageSince: true,
      heldReason: true,
      approvalDueAt: true,
      expiresAt: true,
      stageSeq: true,
      publishedAt: true,
      endedAt: true,
    },
  });
  return rows.map(({ number, stage, ...row }) => ({
    ref: `R-${number}`,
    number,
    stage: stage as Stage,
    ...row,
  }));
}

/** The newest linked interactions, each with its first finding; `interactionCount` says how many there are. */
async function listLinked(incidentId: string) {
  const rows = await db.incidentInteraction.findMany({
    where: { incidentId },
    orderBy: [{ linkedAt: 'desc' }, { interactionId: 'desc' }],
    take: PAGE_MAX,
    select: { linkedAt: true, interaction: { select: linkedSelect } },
  });
  const prompts = await promptHeads(rows.map(({ interaction }) => interaction.id));
  const shown = await maskMessages(rows.map(({ linkedAt, interaction }) => ({ linkedAt, ...interaction })));
  return shown.map(({ findings, linkedAt, ...row }) => ({
    ...row,
    prompt: prompts.get(row.id) ?? '',
    linkedAt,
    finding: findings[0] ?? null,
  }));
}

const linkedSelect = {
  id: true,
  externalId: true,
  receivedAt: true,
  modelName: true,
  modelVersion: true,
  surface: true,
  language: true,
  path: true,
  findings: {
    orderBy: { position: 'asc' },
    take: 1,
    select: { detector: true, rule: true, category: true, severity: true, cwe: true, message: true },
  },
} as const satisfies Prisma.InteractionSelect;

const PROMPT_CHARS = 240;

/** The first words of each prompt. A prompt can be a whole repository, so it is cut before it leaves the database. */
async function promptHeads(ids: string[]): Promise<Map<string, string>> {
  const rows = await db.$queryRaw<{ id: string; head: string; cut: boolean }[]>`
    SELECT id, left(prompt, ${PROMPT_CHARS}::int) AS head, length(prompt) > ${PROMPT_CHARS}::int AS cut
    FROM interaction WHERE id = ANY(${ids}::uuid[])`;
  // The head begins where the prompt does, so the places of the whole prompt hold.
  const secrets = await secretsOf(rows);
  return new Map(
    rows.map(({ id, head, cut }) => {
      const places = (secrets.get(id) ?? []).filter(({ field }) => field === 'prompt');
      return [id, `${mask(head, places)}${cut ? '…' : ''}`];
    }),
  );
}

/** Interactions that are about to be linked, for the preview of the declare form; unknown ids are left out. */
export async function previewInteractions(actor: Actor, ids: string[]) {
  authorize(actor, 'incident.declare');
  const rows = await db.interaction.findMany({
    where: { id: { in: ids.slice(0, PAGE_MAX) } },
    orderBy: { receivedAt: 'desc' },
    select: linkedSelect,
  });
  const prompts = await promptHeads(rows.map(({ id }) => id));
  return (await maskMessages(rows)).map(({ findings, ...row }) => ({
    ...row,
    prompt: prompts.get(row.id) ?? '',
    finding: findings[0] ?? null,
  }));
}

export type LinkedInteraction = Awaited<ReturnType<typeof previewInteractions>>[number];
