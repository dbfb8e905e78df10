import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { env } from '#lib/env';
import { errorFields, log } from '#lib/log';

// The numbers that were given out, beside the signing key and outside the database: a database that comes back from a
// backup does not remember them. Lines are only ever appended, so processes that write at once cannot lower it.

const file = () => path.join(env().STOPGAP_DATA_DIR, 'ruleset-marks');

/** The highest ruleset number this data folder has seen, 0 when it has seen none. */
export function readMark(): number {
  let text = '';
  try {
    text = readFileSync(file(), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    log('error', 'the file of ruleset numbers cannot be read', { file: file(), ...errorFields(error) });
    return 0;
  }
  // A line that a crash cut short is a smaller number or none.
  const numbers = text.split('\n').filter((line) => /^\d{1,10}$/.test(line));
  return numbers.reduce((highest, line) => Math.max(highest, Number(line)), 0);
}

/**
 * Keeps `seq` on disk, flushed, before anybody may see it. A disk that refuses stops no emergency: it is logged, and
 * the table, the fleet's reports and other marks still hold the number.
 */
export function keepMark(seq: number): void {
  try {
    mkdirSync(path.dirname(file()), { recursive: true });
    const handle = openSync(file(), 'a', 0o600);
    try {
      writeSync(handle, `\n${seq}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    log('error', 'a ruleset number could not be kept outside the database', {
      file: file(),
      seq,
      ...errorFields(error),
    });
  }
}
