import { z } from 'zod';
import { AppError } from '#lib/errors';
import { INT4_MAX, momentSchema } from '#lib/storable';

const count = z.int().min(0).max(INT4_MAX);
const placeSchema = z.tuple([z.union([count, momentSchema]), z.union([count, z.uuid()])]);

/** A place in a list: the value that it is sorted by, and what tells equals apart. Opaque to callers. */
export function encodePlace(place: [number | Date, number | string]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Throws `invalid` for anything that this list did not hand out. */
export function decodePlace<A extends 'number' | 'string', B extends 'number' | 'string'>(
  cursor: string,
  kinds: [A, B],
): [A extends 'number' ? number : string, B extends 'number' ? number : string] {
  const read = placeSchema.safeParse(tryJson(Buffer.from(cursor, 'base64url').toString()));
  if (read.success && typeof read.data[0] === kinds[0] && typeof read.data[1] === kinds[1]) {
    return read.data as [A extends 'number' ? number : string, B extends 'number' ? number : string];
  }
  const why = 'is not one that this list gave';
  throw new AppError('invalid', `cursor: ${why}`, { fields: { cursor: why } });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
