import { z } from 'zod';
import { AppError } from './errors.ts';

/** Why a text cannot be kept: Postgres has no NUL, and RFC 8785, the form of events, has no unpaired surrogates. */
export const STORABLE = 'must not hold a NUL character or an unpaired surrogate';

/** Whether a text that people type can be stored as it is. */
export function storable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/** The largest number of a ruleset, and of every other `integer` column. */
export const INT4_MAX = 2_147_483_647;

const YEAR_1_MS = Date.parse('0001-01-01T00:00:00Z');
const YEAR_10000_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** A moment as ISO 8601 with its offset, within the years that Postgres and ISO 8601 both know. */
export const momentSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const at = Date.parse(text);
  return at >= YEAR_1_MS && at <= YEAR_10000_MS;
}, 'must lie between the years 1 and 9999');

/** Throws `invalid`, naming the field, for the first text that cannot be stored, wherever it stands. */
export function refuseUnstorable(value: unknown, at: string): void {
  if (typeof value === 'string') {
    if (!storable(value)) throw new AppError('invalid', `${at} ${STORABLE}.`, { fields: { [at]: STORABLE } });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      refuseUnstorable(key, at);
      refuseUnstorable(inner, at === 'body' ? key : `${at}.${key}`);
    }
  }
}
