import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const ENVELOPE_FILE = 'last-good.json';
const KEY_FILE = 'trusted-key.json';

const keySchema = z.strictObject({ keyId: z.string(), publicKey: z.string() });

/** The publisher's public key as the feed hands it out: SPKI PEM. */
export type TrustedKey = z.infer<typeof keySchema>;

export interface Disk {
  /** The last envelope that became active, unverified; null when there is none that can be read. */
  loadEnvelope(): Promise<string | null>;
  saveEnvelope(text: string): Promise<void>;
  loadKey(): Promise<TrustedKey | null>;
  saveKey(key: TrustedKey): Promise<void>;
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Written beside, flushed, then renamed: a reader sees the old file or the new one, never half of either. */
async function writeAtomic(dir: string, name: string, text: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = join(dir, `.${name}.${randomUUID()}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(dir, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Keeps the last good envelope and the trusted key in `dir`. Never throws: what goes wrong is told to `onProblem`. */
export function createDisk(dir: string, onProblem: (message: string) => void): Disk {
  const read = async (name: string) => {
    try {
      return await readFile(join(dir, name), 'utf8');
    } catch (error) {
      if (!isMissing(error)) onProblem(`Cannot read ${join(dir, name)}: ${reasonOf(error)}`);
      return null;
    }
  };
  const save = async (name: string, text: string) => {
    try {
      await writeAtomic(dir, name, text);
    } catch (error) {
      onProblem(`Cannot write ${join(dir, name)}: ${reasonOf(error)}`);
    }
  };
  return {
    loadEnvelope: () => read(ENVELOPE_FILE),
    saveEnvelope: (text) => save(ENVELOPE_FILE, text),
    loadKey: async () => {
      const text = await read(KEY_FILE);
      if (text === null) return null;
      try {
        return keySchema.parse(JSON.parse(text));
      } catch {
        onProblem(`${join(dir, KEY_FILE)} is damaged and was ignored.`);
        return null;
      }
    },
    saveKey: (key) => save(KEY_FILE, JSON.stringify(key)),
  };
}
