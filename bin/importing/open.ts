import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { PlainError } from '../plain-error.ts';

/** A file to import: its bytes unpacked, and how much of it on disk has been read. */
export type Opened = {
  chunks: AsyncIterable<Uint8Array>;
  size: number;
  bytesRead: () => number;
  /** The first bytes, unpacked, for a look at what it is. */
  head: Uint8Array;
};

const HEAD_BYTES = 64 * 1024;

/** Opens a file, unpacking gzip by sight. Throws one plain line for what cannot be read. */
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
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new PlainError(`${file} is UTF-16. Save it as UTF-8 and import it again.`);
  }
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  const chunks = gzip ? unpacked(file, raw) : raw;
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

async function firstBytes(file: string, gzip: boolean): Promise<Uint8Array> {
  const raw = createReadStream(file);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of gzip ? unpacked(file, raw) : raw) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= HEAD_BYTES) break;
  }
  raw.destroy();
  return Buffer.concat(parts).subarray(0, HEAD_BYTES);
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
