import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '#lib/errors';
import { type Admission, isSmall } from './intake.ts';
import { MAX_BODY_BYTES } from './schema.ts';

/**
 * The body as bytes, unpacked when `content-encoding` is gzip. At most 8 MiB arrive and at most 8 MiB come out:
 * reading and unpacking stop at the limit, so a gzip bomb costs no more than an honest body. With an admission every
 * byte takes its room before it is kept. Throws `too_large`, `invalid`, `rate_limited`.
 */
export async function readBody(request: Request, admission?: Admission): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new AppError(
      'invalid',
      `The content encoding ${encoding.slice(0, 40)} is not known; send gzip or none.`,
    );
  }
  // What says at once that it is too large is refused before it arrives.
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge('');
  const grow = (bytes: number) => admission?.grow(bytes);
  if (encoding === 'identity' && isSmall(request)) {
    // Its length is known and HTTP keeps to it: read at once, which costs a third of asking for piece after piece.
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.byteLength > MAX_BODY_BYTES) throw tooLarge('');
    grow(body.byteLength);
    return body;
  }
  const chunks = request.body ?? [];
  if (encoding === 'identity') return collect(chunks, grow, () => tooLarge(''));

  const packed = Readable.from(limited(chunks));
  const gunzip = createGunzip();
  // An error of the source has to end the reader of the target too.
  packed.on('error', (error) => gunzip.destroy(error));
  try {
    return await collect(packed.pipe(gunzip), grow, () => tooLarge(' unpacked'));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('invalid', 'The body says it is gzip but cannot be unpacked.');
  } finally {
    packed.destroy();
    gunzip.destroy();
  }
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

async function collect(
  source: Chunks,
  grow: (bytes: number) => void,
  refusal: () => AppError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw refusal();
    grow(chunk.byteLength);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, size);
}

// Packed bytes are not kept, but an endless stream of them that unpacks to nothing must end as well.
async function* limited(source: Chunks): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge('');
    yield chunk;
  }
}

function tooLarge(how: string): AppError {
  const problem = `is larger than ${MAX_BODY_BYTES} bytes (8 MiB)${how}`;
  return new AppError('too_large', `The body ${problem}. Nothing was stored; send fewer rows in one call.`, {
    fields: { '(body)': problem },
  });
}
