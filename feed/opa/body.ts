import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '#lib/errors';
import { jsonOf, readBytes } from '../answer.ts';

/** What OPA sends at once: decision logs are cut at 32 KiB compressed unless configured otherwise. */
const SENT_LIMIT_BYTES = 1024 * 1024;
/** What it may become; decompression stops there. More would keep every stream waiting while it is parsed. */
const UNPACKED_LIMIT_BYTES = 8 * 1024 * 1024;

const unpack = promisify(gunzip);

/** A JSON body, gzip or not. Throws `too_large` past 1 MiB sent or 8 MiB unpacked, `invalid` when it is no JSON. */
export async function readOpaJson(request: IncomingMessage): Promise<unknown> {
  const sent = await readBytes(request, SENT_LIMIT_BYTES);
  const packed = /\bgzip\b/i.test(String(request.headers['content-encoding'] ?? ''));
  const bytes = packed ? await unpacked(sent) : sent;
  return jsonOf(bytes);
}

async function unpacked(bytes: Buffer): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: UNPACKED_LIMIT_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new AppError('too_large', `The body is larger than ${UNPACKED_LIMIT_BYTES} bytes unpacked.`);
    }
    throw new AppError('invalid', 'The body is not gzip.');
  }
}
