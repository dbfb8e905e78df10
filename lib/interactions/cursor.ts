import { z } from 'zod';
import { AppError } from '#lib/errors';
import { momentSchema } from '#lib/storable';

/** A place in a list ordered by a time and an id. */
export type Place = { at: Date; id: string };

/** Opaque to callers; only ever handed back as it was given. */
export function encodeCursor(place: Place): string {
  return Buffer.from(`${place.at.toISOString()} ${place.id}`).toString('base64url');
}

/** Throws `invalid` for anything this server did not hand out. */
export function decodeCursor(cursor: string): Place {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (!momentSchema.safeParse(time).success || !z.uuid().safeParse(id).success) {
    throw new AppError('invalid', 'cursor: is not one that this list gave', {
      fields: { cursor: 'is not one that this list gave' },
    });
  }
  return { at: new Date(time), id };
}
