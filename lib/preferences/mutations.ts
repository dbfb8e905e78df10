import type { Actor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { authorize } from '#lib/permissions';
import { readPreference } from './queries.ts';
import type { ChangePreference, Preference } from './schema.ts';

/**
 * Changes what the actor has set for themselves: the given fields, each whole, and no other. The event names the
 * fields and not their values: what somebody would rather not see is nobody's business. Throws `forbidden` for
 * machines, which have no preferences, and `not_found` for a person who is gone.
 */
export async function changePreference(actor: Actor, input: ChangePreference): Promise<Preference> {
  authorize(actor, 'preference.own');
  if (actor.kind !== 'user') throw new AppError('forbidden', 'Only a person has preferences.');
  return db.$transaction(async (tx) => {
    const [known] = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM app_user WHERE id = ${actor.id}::uuid FOR NO KEY UPDATE`;
    if (!known) throw new AppError('not_found', 'There is no such person any more.');
    const before = await readPreference(tx, actor.id);
    const given = Object.fromEntries(
      Object.entries(input).filter(([, value]) => value !== undefined),
    ) as Partial<Preference>;
    const after: Preference = { ...before, ...given };
    after.optOuts = [...new Set(after.optOuts)];
    const fields = (Object.keys(given) as (keyof Preference)[]).filter(
      (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
    );
    if (fields.length === 0) return before;
    const data = { ...after, updatedAt: new Date() };
    await tx.preference.upsert({
      where: { userId: actor.id },
      create: { userId: actor.id, ...data },
      update: data,
    });
    await recordEvent(tx, actor, {
      action: 'preference.change',
      subject: { type: 'user', id: actor.id },
      data: { fields },
    });
    return after;
  });
}
