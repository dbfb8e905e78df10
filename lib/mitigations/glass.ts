import { type Actor, personOf } from '#lib/actor';
import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import type { Measured } from './approval.ts';
import { CONTROL_MIN, isMeasured } from './gates.ts';
import type { LockedMitigation } from './lock.ts';
import { peopleBehind, whoCan } from './second-person.ts';
import { type Asked, everythingWords, worstOf } from './worst.ts';

/** Glass that was broken this long ago is no longer counted. */
const COUNTED_MS = 24 * 60 * 60_000;

/**
 * The person who breaks glass for a rule. One person's word is good for one rule that nobody has approved yet, one
 * incident hears it from one person at a time, and from the same person once a day, whatever the rules look for. What
 * nobody can measure, or what acts on everything, is not one person's to send out at all. Throws `forbidden`, saying
 * who can approve it instead. Call it with publishing locked, so that of two at once the second sees the first.
 */
export async function expectGlass(
  tx: Tx,
  actor: Actor,
  row: LockedMitigation,
  rule: Asked,
  backtest: Measured | null,
): Promise<string> {
  const person = personOf(actor);
  const why = whyNotAlone(actor, row, rule, backtest) ?? (await whyNotNow(tx, row, person));
  if (why === null && person !== null) return person;
  const able = await whoCan(tx, [...row.writerIds, ...peopleBehind(actor).people]);
  throw new AppError(
    'forbidden',
    `${why} Somebody who did not write R-${row.number} must approve it first: ${able}`,
  );
}

/** Why one person alone cannot send a rule out by breaking glass, whatever they did before; null when they can. */
export function whyNotAlone(
  actor: Actor,
  row: { writerUnknown: boolean },
  rule: Asked,
  backtest: Measured | null,
): string | null {
  if (personOf(actor) === null) {
    return 'Breaking glass is a person’s word, and nobody is named as the holder of this key.';
  }
  if (row.writerUnknown && actor.kind !== 'user') {
    return 'It was written with a key that names no holder, so a key cannot break glass for it.';
  }
  const everything = everythingWords(worstOf(rule, backtest));
  if (everything !== null) return `${everything} Nobody sends that out alone.`;
  if (isMeasured(backtest)) return null;
  const total = backtest?.notHarmful.control.total ?? 0;
  const known = backtest ? `its back-test had ${total} control samples` : 'it has not been back-tested';
  return `Nobody knows how much harmless traffic it hits: ${known}, and it takes ${CONTROL_MIN} to break glass.`;
}

async function whyNotNow(tx: Tx, row: LockedMitigation, person: string | null): Promise<string | null> {
  const unapproved = { approvalDueAt: { not: null } };
  const before = await tx.mitigation.findFirst({
    where: {
      id: { not: row.id },
      breakGlassReason: { not: null },
      publishedAt: { gt: new Date(Date.now() - COUNTED_MS) },
      OR: [
        { glassById: person, ...unapproved },
        { incidentId: row.incidentId, ...unapproved },
        { incidentId: row.incidentId, glassById: person },
      ],
    },
    orderBy: { publishedAt: 'desc' },
    select: { number: true, glassById: true, approvalDueAt: true, incident: { select: { number: true } } },
  });
  if (!before) return null;
  const [ref, incident] = [`R-${before.number}`, `INC-${before.incident.number}`];
  const who = before.glassById === person ? 'You broke' : 'Somebody broke';
  return before.approvalDueAt === null
    ? `${who} glass in ${incident} today, for ${ref}: once a day is what one person may.`
    : `${who} glass for ${ref} in ${incident}, and nobody has approved that.`;
}
