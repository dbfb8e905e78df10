import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { linkRows } from './links.ts';
import { incidentId, type LockedIncident, lockIncident, lockIncidents } from './lock.ts';
import { absorb, lockRulesOf, release, rulesOf, standingMerge } from './merge.ts';
import { incidentFacts } from './queries.ts';
import type {
  AssignCommander,
  ChangeSeverity,
  DeclareIncident,
  LinkInteractions,
  NoteIncident,
  TransitionIncident,
} from './schema.ts';
import { incidentRef } from './schema.ts';
import { type IncidentState, type Move, missing, moveBetween } from './states.ts';

/** Opens a numbered incident, with its evidence linked. Throws `invalid` naming interactions or people unknown. */
export async function declareIncident(
  actor: Actor,
  input: DeclareIncident,
): Promise<{ id: string; ref: string; version: number; state: IncidentState }> {
  authorize(actor, 'incident.declare');
  const id = newId();
  return db.$transaction(async (tx) => {
    const commander = input.commanderId ? await possibleCommander(tx, input.commanderId) : null;
    const { number, version } = await tx.incident.create({
      data: { id, title: input.title, severity: input.severity, commanderId: commander?.id ?? null },
      select: { number: true, version: true },
    });
    const ref = incidentRef(number);
    const linked = await linkRows(tx, id, input.interactionIds ?? []);
    await recordEvent(tx, actor, {
      action: 'incident.declare',
      subject: { type: 'incident', id },
      incidentId: id,
      data: {
        ref,
        title: input.title,
        severity: input.severity,
        state: 'new',
        commander,
        interactionIds: linked,
      },
    });
    return { id, ref, version, state: 'new' as const };
  });
}

/** Moves an incident along the table of states. Throws `conflict` for a move the table or a guard refuses. */
export async function transitionIncident(
  actor: Actor,
  input: TransitionIncident,
): Promise<{ ref: string; state: IncidentState; version: number; episode: number }> {
  authorize(actor, 'incident.transition');
  return db.$transaction(async (tx) => {
    const { incident, into, merge } = await lockForMove(tx, input);
    await refuseStale(tx, incident, input.version);
    const move = moveBetween(incident.state, input.to);
    if (!move) {
      throw new AppError(
        'conflict',
        `${incident.ref} is ${incident.state}; from there it cannot become ${input.to}.`,
      );
    }
    const reason = input.reason?.trim() ?? '';
    const lacking = missing(move, await incidentFacts(tx, incident), reason, input.mergeInto);
    if (lacking.length > 0) {
      throw new AppError(
        'conflict',
        `Before ${incident.ref} can become ${input.to} it needs ${lacking.join(', and ')}.`,
      );
    }
    const target = move.kind === 'merge' ? mergeTarget(incident, into) : null;
    const episode = incident.episode + (move.kind === 'reopen' ? 1 : 0);
    await change(tx, incident, { state: move.to, episode, mergedIntoId: target?.id ?? null });
    await recordEvent(tx, actor, {
      action: 'incident.transition',
      subject: { type: 'incident', id: incident.id },
      incidentId: incident.id,
      data: transitionData(incident, move, { episode, reason, into: target?.ref }),
    });
    if (target) await absorb(tx, actor, incident, target, reason);
    if (move.kind === 'unmerge' && merge) await release(tx, actor, incident, merge, reason);
    return { ref: incident.ref, state: move.to, version: incident.version + 1, episode };
  });
}

/** Looks at what a merge would move; each may find one more rule that somebody drafted meanwhile. */
const LOOKS = 20;

/**
 * Everywhere rules are locked before incidents. A merge and its undo move rules, so they hold those first, then both
 * incidents, so that nobody publishes into one that is going away. A rule that was drafted before the incident was held
 * is not among them: whoever holds it may wait for the incident, so everything is let go and taken again in order.
 */
async function lockForMove(tx: Tx, input: TransitionIncident) {
  const id = await incidentId(tx, input.incident);
  for (let look = 0; look < LOOKS; look += 1) {
    await tx.$executeRaw`SAVEPOINT before_locks`;
    const merge = await standingMerge(tx, id);
    const moves = input.to === 'merged' || merge !== null;
    const held = moves ? await lockRulesOf(tx, id, merge) : [];
    const other = merge?.intoId ?? input.mergeInto;
    const [incident, into] = await lockIncidents(tx, other === undefined ? [id] : [id, other]);
    if (!incident) throw new AppError('not_found', `There is no incident ${input.incident}.`);
    // Read again now that nobody else can merge it or undo that.
    const standing = merge && (await standingMerge(tx, id));
    if (!moves || (await rulesOf(tx, id, standing)).every((rule) => held.includes(rule))) {
      return { incident, into: into ?? null, merge: standing };
    }
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT before_locks`;
  }
  const message = `Rules are being written for ${input.incident} right now. Nothing was changed; try again in a moment.`;
  throw new AppError('conflict', message);
}

function transitionData(
  incident: LockedIncident,
  move: Move,
  after: { episode: number; reason: string; into?: string | undefined },
) {
  return {
    ref: incident.ref,
    kind: move.kind,
    before: { state: incident.state, episode: incident.episode, version: incident.version },
    after: { state: move.to, episode: after.episode, version: incident.version + 1 },
    ...(after.reason && { reason: after.reason }),
    ...(after.into && { into: after.into }),
  };
}

function mergeTarget(incident: LockedIncident, into: LockedIncident | null): LockedIncident {
  if (!into || into.id === incident.id)
    throw new AppError('conflict', `${incident.ref} cannot be merged into itself.`);
  if (into.state === 'merged' || into.state === 'dismissed' || into.state === 'closed') {
    throw new AppError('conflict', `${into.ref} is ${into.state}; merge into an incident that is open.`);
  }
  return into;
}

/** Hands the incident to a commander or lead. */
export async function assignCommander(actor: Actor, input: AssignCommander): Promise<{ version: number }> {
  authorize(actor, 'incident.assign');
  return db.$transaction(async (tx) => {
    const incident = await lockIncident(tx, input.incident);
    await refuseStale(tx, incident, input.version);
    const after = await possibleCommander(tx, input.commanderId);
    if (incident.commanderId === after.id) {
      throw new AppError('conflict', `${after.name} commands ${incident.ref} already.`);
    }
    const before = incident.commanderId
      ? await tx.user.findUnique({ where: { id: incident.commanderId }, select: { id: true, name: true } })
      : null;
    await change(tx, incident, { commanderId: after.id });
    await recordEvent(tx, actor, {
      action: 'incident.assign',
      subject: { type: 'incident', id: incident.id },
      incidentId: incident.id,
      data: { ref: incident.ref, before, after },
    });
    return { version: incident.version + 1 };
  });
}

/** Changes how severe the incident is, with the reason kept. */
export async function changeSeverity(actor: Actor, input: ChangeSeverity): Promise<{ version: number }> {
  authorize(actor, 'incident.transition');
  return db.$transaction(async (tx) => {
    const incident = await lockIncident(tx, input.incident);
    await refuseStale(tx, incident, input.version);
    if (incident.severity === input.severity) {
      throw new AppError('conflict', `${incident.ref} is ${input.severity.toUpperCase()} already.`);
    }
    await change(tx, incident, { severity: input.severity });
    await recordEvent(tx, actor, {
      action: 'incident.severity',
      subject: { type: 'incident', id: incident.id },
      incidentId: incident.id,
      data: { ref: incident.ref, before: incident.severity, after: input.severity, reason: input.reason },
    });
    return { version: incident.version + 1 };
  });
}

/** Adds a note to the timeline. Notes are events: nobody can change or remove one. */
export async function noteIncident(actor: Actor, input: NoteIncident): Promise<{ ref: string }> {
  authorize(actor, 'incident.note');
  return db.$transaction(async (tx) => {
    const incident = await lockIncident(tx, input.incident);
    if (incident.state === 'merged') throw mergedAway(incident);
    await recordEvent(tx, actor, {
      action: 'incident.note',
      subject: { type: 'incident', id: incident.id },
      incidentId: incident.id,
      data: { ref: incident.ref, text: input.text },
    });
    return { ref: incident.ref };
  });
}

/** Links interactions as evidence; those that are linked already stay as they are and make no event. */
export async function linkInteractions(actor: Actor, input: LinkInteractions): Promise<{ linked: number }> {
  authorize(actor, 'incident.link');
  return db.$transaction(async (tx) => {
    const incident = await lockIncident(tx, input.incident);
    if (incident.state === 'merged') throw mergedAway(incident);
    const linked = await linkRows(tx, incident.id, input.interactionIds);
    if (linked.length > 0) {
      await recordEvent(tx, actor, {
        action: 'incident.link',
        subject: { type: 'incident', id: incident.id },
        incidentId: incident.id,
        data: { ref: incident.ref, interactionIds: linked },
      });
    }
    return { linked: linked.length };
  });
}

function mergedAway(incident: LockedIncident): AppError {
  return new AppError(
    'conflict',
    `${incident.ref} is merged; go on in the incident that it was merged into.`,
  );
}

async function possibleCommander(tx: Tx, id: string): Promise<{ id: string; name: string }> {
  const user = await tx.user.findUnique({
    where: { id },
    select: { id: true, name: true, role: true, disabledAt: true },
  });
  const problem = !user
    ? 'is nobody known here'
    : user.disabledAt
      ? `${user.name} is disabled`
      : user.role !== 'commander' && user.role !== 'lead'
        ? `${user.name} is a ${user.role}; an incident is led by a commander or a lead`
        : null;
  if (!user || problem) {
    const message = problem ?? 'is nobody known here';
    throw new AppError('invalid', `commanderId: ${message}`, { fields: { commanderId: message } });
  }
  return { id: user.id, name: user.name };
}

/** Refuses a change made on an older version, naming who changed it since, from the history itself. */
async function refuseStale(tx: Tx, incident: LockedIncident, seen: number): Promise<void> {
  if (incident.version === seen) return;
  const last = await tx.event.findFirst({
    where: {
      incidentId: incident.id,
      action: { in: ['incident.declare', 'incident.transition', 'incident.assign', 'incident.severity'] },
    },
    orderBy: { incidentSeq: 'desc' },
    select: { actorName: true, occurredAt: true },
  });
  const who = last
    ? `${last.actorName} changed ${incident.ref} at ${last.occurredAt.toISOString().slice(11, 19)} UTC`
    : `${incident.ref} changed`;
  throw new AppError(
    'conflict',
    `${who}; it is ${incident.state} now (version ${incident.version}, you saw ${seen}). Nothing was changed.`,
  );
}

type Change = {
  state?: IncidentState;
  episode?: number;
  severity?: string;
  commanderId?: string;
  mergedIntoId?: string | null;
};

/** The one conditional write: it names the version that was read. */
async function change(tx: Tx, incident: LockedIncident, data: Change): Promise<void> {
  const { count } = await tx.incident.updateMany({
    where: { id: incident.id, version: incident.version },
    data: { ...data, version: incident.version + 1 },
  });
  if (count === 0)
    throw new AppError('conflict', `${incident.ref} was changed at the same moment. Nothing was changed.`);
}
