import type { Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { incidentKey, incidentRef } from './schema.ts';

export type LockedIncident = {
  id: string;
  ref: string;
  state: string;
  severity: string;
  episode: number;
  version: number;
  commanderId: string | null;
};

type Row = Omit<LockedIncident, 'ref'> & { number: number };

/** Reads an incident and holds its row until the transaction ends, so that guards judge what is written. */
export async function lockIncident(tx: Tx, ref: string): Promise<LockedIncident> {
  const key = incidentKey(ref);
  if (!key) throw unknown(ref);
  const rows =
    'number' in key
      ? await tx.$queryRaw<Row[]>`
          SELECT id, number, state, severity, episode, version, commander_id AS "commanderId"
          FROM incident WHERE number = ${key.number} FOR UPDATE`
      : await tx.$queryRaw<Row[]>`
          SELECT id, number, state, severity, episode, version, commander_id AS "commanderId"
          FROM incident WHERE id = ${key.id}::uuid FOR UPDATE`;
  const row = rows[0];
  if (!row) throw unknown(ref);
  const { number, ...rest } = row;
  return { ...rest, ref: incidentRef(number) };
}

/** Locks two incidents, always in the order of their ids: two merges into each other cannot deadlock. */
export async function lockPair(
  tx: Tx,
  ref: string,
  other: string | undefined,
): Promise<{ incident: LockedIncident; into: LockedIncident | null }> {
  if (other === undefined) return { incident: await lockIncident(tx, ref), into: null };
  const ids = [];
  for (const each of [ref, other]) {
    const key = incidentKey(each);
    const known = key && (await tx.incident.findFirst({ where: key, select: { id: true } }));
    if (!known) throw unknown(each);
    ids.push(known.id);
  }
  const locked = new Map<string, LockedIncident>();
  for (const id of [...new Set(ids)].sort()) locked.set(id, await lockIncident(tx, id));
  const [incident, into] = ids.map((id) => locked.get(id));
  if (!incident || !into) throw unknown(ref);
  return { incident, into };
}

function unknown(ref: string): AppError {
  return new AppError('not_found', `There is no incident ${ref}.`);
}
