import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '#lib/errors';
import { readLimited } from '#lib/route';
import { MAX_BODY_BYTES } from './schema.ts';

const gunzipAsync = promisify(gunzip);

/**
 * The body as bytes, unpacked when `content-encoding` is gzip. At most 8 MiB arrive and at most 8 MiB come out:
 * decompression stops at the limit, so a gzip bomb costs no more than an honest body. Throws `too_large`, `invalid`.
 */
export async function readBody(request: Request): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new AppError(
      'invalid',
      `The content encoding ${encoding.slice(0, 40)} is not known; send gzip or none.`,
    );
  }
  const bytes = await readLimited(request.body, MAX_BODY_BYTES);
  if (encoding === 'identity') return bytes;
  try {
    return await gunzipAsync(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if (error instanceof RangeError)
      throw new AppError('too_large', `The body is larger than ${MAX_BODY_BYTES} bytes unpacked.`);
    throw new AppError('invalid', 'The body says it is gzip but cannot be unpacked.');
  }
}
