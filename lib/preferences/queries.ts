import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import { authorize } from '#lib/permissions';
import { type Preference, preferenceSchema } from './schema.ts';

/** What the actor has set for themselves; the defaults for who never set anything, and for machines. */
export async function getPreference(actor: Actor): Promise<Preference> {
  if (actor.kind !== 'user') return preferenceSchema.parse({});
  authorize(actor, 'preference.own');
  return readPreference(db, actor.id);
}

/** One person's preference, for the verbs that obey it. */
export async function readPreference(client: Tx, userId: string): Promise<Preference> {
  const row = await client.preference.findUnique({
    where: { userId },
    select: { keymap: true, views: true, optOuts: true, breakAfter: true },
  });
  // What an older version stored must not lock anybody out of their own pages.
  const read = preferenceSchema.safeParse(row ?? {});
  return read.success ? read.data : preferenceSchema.parse({});
}
