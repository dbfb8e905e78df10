import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorFields, log } from '#lib/log';

/** What the file holds, null when it is missing or damaged: a relay starts without what it cannot read. */
export async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log('warn', 'relay: a file could not be read', { file, error: errorFields(error).error });
    }
    return null;
  }
}

/** Written beside and renamed: a reader sees the old file or the new one. Never throws; problems are logged. */
export async function writeJsonFile(file: string, value: unknown): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    log('warn', 'relay: a file could not be written', { file, error: errorFields(error).error });
  }
}
