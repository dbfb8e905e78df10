import { systemActor } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { db, type Tx } from '#lib/db';
import { keepMark, readMark } from './mark.ts';

const MARK_FILE = 'the file beside the signing key';

/** Up to where this database has published, and up to where numbers are known to have been given out. */
type Numbers = { newest: number; known: number; source: string };

/**
 * Where the next number comes from; until the transaction ends nobody can raise it. `known` above
 * `newest` means that the database went back in time.
 */
export async function numbersKnown(client: Tx | typeof db = db): Promise<Numbers> {
  const [row = { newest: 0, marked: 0, source: '' }] = await client.$queryRaw<
    { newest: number; marked: number; source: string }[]
  >`
    SELECT coalesce((SELECT max(seq) FROM ruleset), 0) AS newest, seq AS marked, source
    FROM ruleset_mark FOR SHARE`;
  const onDisk = readMark();
  const known = Math.max(row.newest, row.marked, onDisk);
  const source = known === row.newest ? 'this database' : known === row.marked ? row.source : MARK_FILE;
  return { newest: row.newest, known, source };
}

/**
 * Keeps the number on disk before the ruleset that bears it is stored. Where it does not follow the newest one, an event
 * says why: the database went back in time.
 */
export async function giveOut(tx: Tx, seq: number, { newest, known, source }: Numbers): Promise<void> {
  keepMark(seq);
  if (known === newest) return;
  await recordEvent(tx, systemActor('ruleset numbering'), {
    action: 'ruleset.jump',
    subject: { type: 'ruleset', id: String(seq) },
    data: { seq, newest, known, source },
  });
}

/** The event of a database that is behind what was published. */
export const rewound = (data: { newest: number; seq: number; source: string }) => ({
  action: 'ruleset.rewound',
  subject: { type: 'ruleset', id: String(data.seq) },
  data,
});
