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

/** Locks incidents, always in the order of their ids: two merges into each other cannot deadlock. */
export async function lockIncidents(tx: Tx, refs: readonly string[]): Promise<LockedIncident[]> {
  const ids: string[] = [];
  for (const ref of refs) ids.push(await incidentId(tx, ref));
  const locked = new Map<string, LockedIncident>();
  for (const id of [...new Set(ids)].sort()) locked.set(id, await lockIncident(tx, id));
  return ids.flatMap((id) => locked.get(id) ?? []);
}

/** The id behind `INC-12`. Throws `not_found`. */
export async function incidentId(tx: Tx, ref: string): Promise<string> {
  const key = incidentKey(ref);
  const known = key && (await tx.incident.findFirst({ where: key, select: { id: true } }));
  if (!known) throw unknown(ref);
  return known.id;
}

function unknown(ref: string): AppError {
  return new AppError('not_found', `There is no incident ${ref}.`);
}
