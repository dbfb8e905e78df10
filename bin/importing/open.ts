import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { PlainError } from '../plain-error.ts';
import { MAX_LINE_BYTES } from './lines.ts';

/** A file to import: its bytes unpacked, and how much of it on disk has been read. */
export type Opened = {
  chunks: AsyncIterable<Uint8Array>;
  size: number;
  bytesRead: () => number;
  /** The first bytes, unpacked, for a look at what it is. */
  head: Uint8Array;
};

const HEAD_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Opens a file; unpacks gzip, of several members too, and reads UTF-16, by sight. Throws one plain line for what cannot be read. */
export async function openFile(file: string): Promise<Opened> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new PlainError(
      `${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.code}.`,
    );
  });
  if (!found.isFile()) throw new PlainError(`${file} is not a file.`);
  if (found.size === 0) throw new PlainError(`${file} is empty.`);
  const gzip = await isGzip(file);
  const head = await firstBytes(file, gzip);
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  const chunks = inUtf8(file, gzip ? unpacked(file, raw) : raw);
  return { chunks, size: found.size, bytesRead: () => raw.bytesRead, head };
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new PlainError(`${file} cannot be read: ${error.code}.`);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** The first bytes, and all of the first line unless it is longer than a line may be. */
async function firstBytes(file: string, gzip: boolean): Promise<Uint8Array> {
  const raw = createReadStream(file);
  const parts: Uint8Array[] = [];
  let size = 0;
  let hasLine = false;
  for await (const chunk of inUtf8(file, gzip ? unpacked(file, raw) : raw)) {
    parts.push(chunk);
    size += chunk.length;
    hasLine ||= chunk.includes(NEWLINE);
    if ((size >= HEAD_BYTES && hasLine) || size > MAX_LINE_BYTES) break;
  }
  raw.destroy();
  return Buffer.concat(parts);
}

/** Bytes as they are, but UTF-16 that says so by its byte-order mark as UTF-8. */
async function* inUtf8(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | null | undefined;
  for await (const chunk of chunks) {
    if (decoder === undefined) {
      const mark =
        chunk[0] === 0xff && chunk[1] === 0xfe ? 'le' : chunk[0] === 0xfe && chunk[1] === 0xff ? 'be' : null;
      decoder = mark && new TextDecoder(`utf-16${mark}`, { fatal: true });
    }
    yield decoder ? encoded(file, decoder, chunk) : chunk;
  }
  if (decoder) yield encoded(file, decoder);
}

function encoded(file: string, decoder: TextDecoder, chunk?: Uint8Array): Uint8Array {
  try {
    return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }));
  } catch {
    throw new PlainError(
      `${file} begins as UTF-16 and goes on as something else. Save it as UTF-8 and import it again.`,
    );
  }
}

async function* unpacked(file: string, raw: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  raw.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of raw.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR')
      throw new PlainError(`${file} is cut off: its gzip ends too early. What came before is kept.`);
    if (code?.startsWith('Z_'))
      throw new PlainError(
        `${file} is damaged: its gzip cannot be unpacked (${code}). What came before is kept.`,
      );
    throw error;
  }
}
