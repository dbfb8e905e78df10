import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { Prisma, type Tx } from '#lib/db';
import { newId } from '#lib/ids';
import type { LockedIncident } from './lock.ts';
import { incidentRef } from './schema.ts';
import type { IncidentState } from './states.ts';

/** A merge that nobody has undone, with what it moved, so that its undo moves back exactly that. */
type StandingMerge = {
  id: string;
  fromId: string;
  intoId: string;
  stateBefore: IncidentState;
  /** Rules that hung on `from` and went along. */
  mitigationIds: string[];
  /** Interactions that were linked to `into` by the merge alone. */
  interactionIds: string[];
};

const MERGE_COLUMNS = Prisma.sql`id, from_id AS "fromId", into_id AS "intoId", state_before AS "stateBefore",
  mitigation_ids AS "mitigationIds", interaction_ids AS "interactionIds"`;

export async function standingMerge(tx: Tx, fromId: string): Promise<StandingMerge | null> {
  const [row] = await tx.$queryRaw<StandingMerge[]>`
    SELECT ${MERGE_COLUMNS} FROM incident_merge WHERE from_id = ${fromId}::uuid AND undone_at IS NULL`;
  return row ?? null;
}

/** Ids of the rules that a merge of the incident, or the undo of one, would move. */
export async function rulesOf(tx: Tx, incidentId: string, merge: StandingMerge | null): Promise<string[]> {
  const rules = await tx.mitigation.findMany({
    where: { OR: [{ incidentId }, { id: { in: merge?.mitigationIds ?? [] } }] },
    select: { id: true },
  });
  return rules.map(({ id }) => id);
}

/** Holds them, by id, as whoever holds several does, and answers which. */
export async function lockRulesOf(
  tx: Tx,
  incidentId: string,
  merge: StandingMerge | null,
): Promise<string[]> {
  const rules = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM mitigation
    WHERE incident_id = ${incidentId}::uuid OR id = ANY(${merge?.mitigationIds ?? []}::uuid[])
    ORDER BY id FOR UPDATE`;
  return rules.map(({ id }) => id);
}

/**
 * The other side of a merge: every rule goes along as it is, with its approvals; the evidence is linked there too; the
 * history stays where it was written and is shown and exported with the incident that goes on.
 */
export async function absorb(
  tx: Tx,
  actor: Actor,
  from: LockedIncident,
  into: LockedIncident,
  reason: string,
): Promise<void> {
  const rules = await tx.$queryRaw<{ id: string; number: number; state: string }[]>`
    UPDATE mitigation SET incident_id = ${into.id}::uuid WHERE incident_id = ${from.id}::uuid
    RETURNING id, number, state`;
  const linked = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO incident_interaction (incident_id, interaction_id, linked_at)
    SELECT ${into.id}::uuid, interaction_id, clock_timestamp() FROM incident_interaction
    WHERE incident_id = ${from.id}::uuid ON CONFLICT DO NOTHING RETURNING interaction_id AS id`;
  const mitigationIds = rules.map(({ id }) => id);
  const interactionIds = linked.map(({ id }) => id);
  await tx.$executeRaw`
    INSERT INTO incident_merge (id, from_id, into_id, state_before, mitigation_ids, interaction_ids)
    VALUES (${newId()}::uuid, ${from.id}::uuid, ${into.id}::uuid, ${from.state},
      ${mitigationIds}::uuid[], ${interactionIds}::uuid[])`;
  await recordEvent(tx, actor, {
    action: 'incident.absorb',
    subject: { type: 'incident', id: into.id },
    incidentId: into.id,
    data: {
      ref: into.ref,
      from: from.ref,
      interactions: interactionIds.length,
      rules: namedRules(rules),
      ...(reason && { reason }),
    },
  });
}

/**
 * Undoes a merge: its rules come back wherever a later merge has taken them, in the state they have now; links that
 * only the merge had made go, up the chain of merges. Notes and events never moved.
 */
export async function release(
  tx: Tx,
  actor: Actor,
  incident: LockedIncident,
  merge: StandingMerge,
  reason: string,
): Promise<void> {
  const rules = await tx.$queryRaw<{ id: string; number: number; state: string }[]>`
    UPDATE mitigation SET incident_id = ${incident.id}::uuid WHERE id = ANY(${merge.mitigationIds}::uuid[])
    RETURNING id, number, state`;
  const unlinked = await unlinkUpwards(tx, merge);
  await tx.$executeRaw`
    UPDATE incident_merge SET undone_at = clock_timestamp() WHERE id = ${merge.id}::uuid AND undone_at IS NULL`;
  const into = await tx.incident.findUniqueOrThrow({
    where: { id: merge.intoId },
    select: { number: true },
  });
  await recordEvent(tx, actor, {
    action: 'incident.release',
    subject: { type: 'incident', id: merge.intoId },
    incidentId: merge.intoId,
    data: {
      ref: incidentRef(into.number),
      to: incident.ref,
      interactions: unlinked,
      rules: namedRules(rules),
      ...(reason && { reason }),
    },
  });
}

/**
 * Takes back, up the chain, the links that only this merge had made, and its cargo off the lists of the merges that took
 * it further: their own undo must not reach for what is no longer with them. Answers how many links went.
 */
async function unlinkUpwards(tx: Tx, merge: StandingMerge): Promise<number> {
  const rules = new Set(merge.mitigationIds);
  let links = new Set(merge.interactionIds);
  let unlinked = 0;
  for (let step: StandingMerge | null = merge; step; ) {
    unlinked += await tx.$executeRaw`
      DELETE FROM incident_interaction
      WHERE incident_id = ${step.intoId}::uuid AND interaction_id = ANY(${[...links]}::uuid[])`;
    step = await standingMerge(tx, step.intoId);
    if (!step) break;
    const [{ mitigationIds, interactionIds }, gone] = [step, links];
    links = new Set(interactionIds.filter((id) => gone.has(id)));
    await tx.$executeRaw`
      UPDATE incident_merge SET mitigation_ids = ${mitigationIds.filter((id) => !rules.has(id))}::uuid[],
        interaction_ids = ${interactionIds.filter((id) => !gone.has(id))}::uuid[]
      WHERE id = ${step.id}::uuid`;
  }
  return unlinked;
}

const namedRules = (rules: { number: number; state: string }[]) =>
  [...rules].sort((a, b) => a.number - b.number).map(({ number, state }) => ({ ref: `R-${number}`, state }));

/** Where the work of a merged incident goes on, nearest first. */
export async function mergeChain(tx: Tx, id: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ number: number }[]>`
    WITH RECURSIVE chain AS (
      SELECT merged_into_id AS id, 1 AS depth FROM incident WHERE id = ${id}::uuid AND merged_into_id IS NOT NULL
      UNION ALL
      SELECT i.merged_into_id, depth + 1 FROM chain JOIN incident i ON i.id = chain.id
      WHERE i.merged_into_id IS NOT NULL
    )
    SELECT i.number FROM chain JOIN incident i ON i.id = chain.id ORDER BY depth`;
  return rows.map(({ number }) => incidentRef(number));
}

export type MergedIn = { id: string; ref: string; title: string; mergedAt: Date | null; events: number };

/** Every incident that was merged into this one, directly or by way of another, the newest merge first. */
export async function mergedIn(tx: Tx, id: string): Promise<MergedIn[]> {
  const rows = await tx.$queryRaw<(Omit<MergedIn, 'ref'> & { number: number })[]>`
    WITH RECURSIVE family AS (
      SELECT id FROM incident WHERE merged_into_id = ${id}::uuid
      UNION ALL
      SELECT i.id FROM family JOIN incident i ON i.merged_into_id = family.id
    )
    SELECT i.id, i.number, i.title, m.merged_at AS "mergedAt",
      (SELECT count(*)::int FROM event e WHERE e.incident_id = i.id) AS events
    FROM family JOIN incident i USING (id)
    LEFT JOIN incident_merge m ON m.from_id = i.id AND m.undone_at IS NULL
    ORDER BY m.merged_at DESC NULLS LAST, i.number DESC`;
  return rows.map(({ number, ...row }) => ({ ...row, ref: incidentRef(number) }));
}

/** Counts; of rules by their state. */
export type MergeCargo = { interactions: number; notes: number; rules: Record<string, number> };

/** What a merge of the incident would take along; the dialog says it before anybody presses. */
export async function mergeCargo(tx: Tx, id: string): Promise<MergeCargo> {
  const [row] = await tx.$queryRaw<{ interactions: number; notes: number }[]>`
    SELECT (SELECT count(*)::int FROM incident_interaction WHERE incident_id = ${id}::uuid) AS interactions,
      (SELECT count(*)::int FROM event WHERE incident_id = ${id}::uuid AND action = 'incident.note') AS notes`;
  const rules = await tx.mitigation.groupBy({ by: ['state'], where: { incidentId: id }, _count: true });
  return {
    interactions: row?.interactions ?? 0,
    notes: row?.notes ?? 0,
    rules: Object.fromEntries(rules.map(({ state, _count }) => [state, _count])),
  };
}
