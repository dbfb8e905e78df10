import { type Actor, actorKey } from '#lib/actor';
import type { Prisma, Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { PERMISSIONS } from '#lib/permissions';
import { listWords } from './explain.ts';

// Who may be the second person, for every verb that asks for one. Keys are resolved to people: to the one who holds a
// key and to the one who made it, for both have had its secret. A key itself is nobody's second person, for it cannot
// say whose hand it is in right now.

/** Through whose hands a version went; `isUnknown` where part of it was written with a key that names no holder. */
type Writers = { people: readonly string[]; isUnknown: boolean };

/** Everybody who may stand behind an act of this actor. */
export function peopleBehind(actor: Actor): Writers {
  switch (actor.kind) {
    case 'user':
      return { people: [actor.id], isUnknown: false };
    case 'key': {
      const people = [actor.heldById, actor.createdById].filter((id) => id !== null);
      return { people: [...new Set(people)], isUnknown: actor.heldById === null };
    }
    case 'system':
      return { people: [], isUnknown: true };
  }
}

/**
 * Whose version it is after an edit. A signed-in person who changes what a rule does makes it theirs, and those before
 * them may agree to it. A key takes it from nobody: the hand that holds it may be that of any of them.
 */
export function writersAfter(actor: Actor, before: Writers, changesEffect: boolean): Writers {
  if (actor.kind === 'user') return changesEffect ? peopleBehind(actor) : before;
  const { people, isUnknown } = peopleBehind(actor);
  return {
    people: [...new Set([...before.people, ...people])],
    isUnknown: before.isUnknown || isUnknown,
  };
}

/** What the question needs to know of a rule. */
export const secondPersonSelect = {
  number: true,
  version: true,
  writerIds: true,
  writerUnknown: true,
  glassHandIds: true,
  approvals: { select: { version: true, approverId: true, digest: true } },
} as const satisfies Prisma.MitigationSelect;

export type Guarded = Prisma.MitigationGetPayload<{ select: typeof secondPersonSelect }>;

export function writersOf(row: Pick<Guarded, 'writerIds' | 'writerUnknown'>): Writers {
  return { people: row.writerIds, isUnknown: row.writerUnknown };
}

/**
 * Signed-in people who agreed to this version and had no hand in it. `digest` is what they must have agreed to; null
 * for a rule that went out before approvals named one.
 */
export function agreedOf(row: Guarded, digest: string | null): string[] {
  return row.approvals
    .filter(
      (approval) =>
        approval.version === row.version &&
        !row.writerIds.includes(approval.approverId) &&
        (digest === null || approval.digest === digest),
    )
    .map(({ approverId }) => approverId);
}

/** The approvals of people who may still give one: whoever was shut out since, or has another role, stands for nothing. */
export async function standingApprovals<A extends { approverId: string }>(
  tx: Pick<Tx, 'user'>,
  approvals: readonly A[],
): Promise<A[]> {
  if (approvals.length === 0) return [];
  const able = await tx.user.findMany({
    where: { ...MAY_APPROVE, id: { in: approvals.map(({ approverId }) => approverId) } },
    select: { id: true },
  });
  return approvals.filter(({ approverId }) => able.some(({ id }) => id === approverId));
}

/** Why this actor cannot be the second person of a rule, as a sentence; null when they can. */
export function whyNotSecond(
  actor: Actor,
  row: Pick<Guarded, 'version' | 'writerIds' | 'glassHandIds'>,
): string | null {
  if (actor.kind !== 'user') {
    return 'No key can be the second person, because it cannot say who holds it: it takes a signed-in person.';
  }
  if (row.writerIds.includes(actor.id)) {
    return `You wrote version ${row.version}, yourself or with a key that you hold or made.`;
  }
  return row.glassHandIds.includes(actor.id)
    ? 'You broke glass for it, yourself or with a key that you hold or made.'
    : null;
}

/** Everybody who cannot be the second person of a rule. */
export function barredFrom(row: Pick<Guarded, 'writerIds' | 'glassHandIds'>): string[] {
  return [...new Set([...row.writerIds, ...row.glassHandIds])];
}

/**
 * How many signed-in people are still missing before somebody besides its writers stands for a rule, given who agreed
 * and who acts now. A known writer is one of the two; where the writer is unknown, it takes two who are signed in.
 */
export function secondsMissing(row: Guarded, digest: string | null, acting: Actor | null = null): 0 | 1 | 2 {
  const agreed = agreedOf(row, digest);
  if (!row.writerUnknown) return agreed.length > 0 ? 0 : 1;
  const people = new Set(agreed);
  if (acting?.kind === 'user' && whyNotSecond(acting, row) === null) people.add(acting.id);
  const missing = people.size >= 2 ? 0 : people.size === 1 ? 1 : 2;
  // Publishing is no reading: at least one of them must have approved it.
  return missing === 0 && agreed.length === 0 ? 1 : missing;
}

/**
 * Why an act that brings a rule back, or takes it further against what speaks for waiting, is not this actor's to do:
 * it takes a signed-in person with no hand in it, and two where nobody knows who wrote it. Null when it is theirs.
 */
export function whyNotBack(actor: Actor, row: Published): string | null {
  const why = whyNotSecond(actor, row);
  if (why !== null || !row.writerUnknown) return why;
  if (agreedOf(row, row.publishedDigest).some((id) => actor.kind === 'user' && id !== actor.id)) return null;
  return `R-${row.number} was written with a key that names no holder, so it takes two people who are signed in.`;
}

/** The same where an approval of what is live is enough. */
function whyNotFurther(actor: Actor, row: Published): string | null {
  return secondsMissing(row, row.publishedDigest) === 0 ? null : whyNotBack(actor, row);
}

type Published = Guarded & { publishedDigest: string | null };
type Held = Published & { heldBy: string | null; heldReason: string | null; breakGlassReason: string | null };

/**
 * Whether a typed reason stands in for the second person when an actor takes a rule further: broken glass said so. It
 * says nothing against the hold of somebody else, nor against one whose hand is not known.
 */
function glassExcuses(actor: Actor, row: Held): boolean {
  if (row.breakGlassReason === null) return false;
  if (row.heldReason === null || row.heldBy === 'system') return true;
  return actor.kind === 'user' && row.heldBy === actorKey(actor);
}

/**
 * Why this actor may not let a rule go on past what holds it, or past what speaks against it; null when they may. An
 * approval of what is live is enough, unless glass was broken for it: then the hold is newer than any word for it.
 */
export function whyNotPast(actor: Actor, row: Held): string | null {
  return glassExcuses(actor, row) ? null : whyNotWithoutGlass(actor, row);
}

/** The same for what may hit everything: no typed reason stands in for the second person. */
export function whyNotWithoutGlass(actor: Actor, row: Held): string | null {
  return row.breakGlassReason === null ? whyNotFurther(actor, row) : whyNotBack(actor, row);
}

/** Throws `conflict` when what was approved is not what would be published: an approval is of one content only. */
export function expectUnchanged(row: Guarded, digest: string): void {
  const approved = row.approvals.filter(({ version }) => version === row.version);
  const [was] = approved.flatMap((approval) => approval.digest ?? []);
  if (was === undefined || approved.some((approval) => approval.digest === digest)) return;
  throw new AppError(
    'conflict',
    `What was approved of R-${row.number} is not what would be published: approved was ${was.slice(0, 16)}, this is ${digest.slice(0, 16)}. Read it again and approve it again.`,
  );
}

const NAMED = 3;
const MAY_APPROVE = { role: { in: [...PERMISSIONS['mitigation.approve'].roles] }, disabledAt: null };

/** Names of those who may be the second person, all but the barred, in the order of their names. */
export async function secondPeople(tx: Pick<Tx, 'user'>, barred: readonly string[]): Promise<string[]> {
  const people = await tx.user.findMany({
    where: { ...MAY_APPROVE, id: { notIn: [...barred] } },
    orderBy: { name: 'asc' },
    take: 50,
    select: { name: true },
  });
  return people.map(({ name }) => name);
}

/** "Bo or Cy can.", or what to do where nobody can. */
export function canWords(names: readonly string[]): string {
  if (names.length > 0) return `${listWords(names, NAMED, 'or')} can.`;
  return 'Nobody else is a commander now: an admin can make somebody one.';
}

/** Who may be the second person instead of those who are barred, as a sentence. */
export async function whoCan(tx: Pick<Tx, 'user'>, barred: readonly string[]): Promise<string> {
  return canWords(await secondPeople(tx, barred));
}

/** Why a rule may not go out as it stands, who is missing and who that can be. */
export async function approvalWanted(
  tx: Tx,
  row: Guarded,
  digest: string,
  reasons: readonly string[],
): Promise<string> {
  const ref = `R-${row.number}`;
  const agreed = agreedOf(row, digest);
  const barred = [...row.writerIds, ...agreed];
  const why = reasons.join(' ');
  if (!row.writerUnknown) {
    return `${ref} needs the approval of somebody who did not write it. ${why} ${await whoCan(tx, barred)} In an emergency, break glass with a typed reason.`;
  }
  const who = agreed.length === 0 ? 'two people who are signed in' : 'one more person who is signed in';
  return `${ref} needs ${who}: one approves it, another approves or publishes it. ${why} ${await whoCan(tx, barred)}`;
}
