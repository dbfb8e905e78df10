import { Prisma, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { FINAL_STATES } from '#lib/incidents/states';
import { wireRuleSelect } from '#lib/rulesets/wire-rule';
import { secondPersonSelect, standingApprovals } from './second-person.ts';
import { allows, type MitigationAct } from './states.ts';

const lockedSelect = {
  ...wireRuleSelect,
  ...secondPersonSelect,
  incident: { select: { number: true, severity: true } },
  state: true,
  incidentId: true,
  authorId: true,
  publishedSeq: true,
  stageSince: true,
  heldReason: true,
  heldBy: true,
  breakGlassReason: true,
  publishedDigest: true,
} as const satisfies Prisma.MitigationSelect;

export type LockedMitigation = Prisma.MitigationGetPayload<{ select: typeof lockedSelect }>;

/** `R-31` or an id as a condition on `column`s of its table; anything else finds nothing. */
export function byRef(ref: string, prefix: 'R' | 'INC'): Prisma.Sql {
  const number = new RegExp(`^${prefix}-([1-9]\\d{0,8})$`).exec(ref)?.[1];
  if (number !== undefined) return Prisma.sql`number = ${Number(number)}`;
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(ref)
    ? Prisma.sql`id = ${ref}::uuid`
    : Prisma.sql`false`;
}

/** Holds the rule until the transaction ends, so that of two concurrent acts the second sees the first; with the approvals that stand. */
export async function lockMitigation(tx: Tx, ref: string): Promise<LockedMitigation> {
  const [found] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM mitigation WHERE ${byRef(ref, 'R')} FOR UPDATE`;
  if (!found) throw new AppError('not_found', `There is no mitigation ${ref}.`);
  const row = await tx.mitigation.findUniqueOrThrow({ where: { id: found.id }, select: lockedSelect });
  return { ...row, approvals: await standingApprovals(tx, row.approvals) };
}

/** Throws `conflict` when the incident is over: nobody would be watching what the rule does. */
export function expectOpen(incident: { ref: string; state: string }): void {
  if (!FINAL_STATES.some((state) => state === incident.state)) return;
  throw new AppError(
    'conflict',
    `${incident.ref} is ${incident.state}. Reopen it, or use the one that replaced it.`,
  );
}

const PAST: Record<string, string> = {
  'mitigation.draft': 'drafted',
  'mitigation.edit': 'edited',
  'mitigation.approve': 'approved',
  'mitigation.publish': 'published',
  'mitigation.withdraw': 'withdrawn',
  'mitigation.expire': 'ended',
  'mitigation.ratify': 'approved',
  'mitigation.advance': 'advanced',
  'mitigation.hold': 'held',
  'mitigation.resume': 'let go on',
  'mitigation.restore': 'restored',
};

/** Throws `conflict`, saying who did what, when the act is not possible from here or another version was seen. */
export async function expectPossible(
  tx: Tx,
  row: LockedMitigation,
  acts: MitigationAct[],
  seenVersion: number | undefined,
): Promise<void> {
  const stale = seenVersion !== undefined && seenVersion !== row.version;
  if (!stale && acts.some((act) => allows(act, row.state))) return;
  const last = await tx.event.findFirst({
    where: { subjectType: 'mitigation', subjectId: row.id },
    orderBy: { id: 'desc' },
    select: { action: true, actorName: true, occurredAt: true },
  });
  const by =
    last && `${PAST[last.action] ?? 'changed'} by ${last.actorName} at ${last.occurredAt.toISOString()}`;
  const now = stale ? `is at version ${row.version}, not ${seenVersion}` : `is ${row.state}`;
  throw new AppError('conflict', `R-${row.number} ${now}${by ? ` (${by})` : ''}. Look at it again first.`);
}
