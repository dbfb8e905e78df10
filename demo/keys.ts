import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** The demo's machines keep their keys in the data folder, readable by its owner only. */
export const keysFile = (dataDir: string) => path.join(dataDir, 'demo-keys.json');

const keysSchema = z.strictObject({ ingest: z.string(), feed: z.string() });
export type DemoKeys = z.infer<typeof keysSchema>;

export async function readDemoKeys(dataDir: string): Promise<DemoKeys | null> {
  try {
    return keysSchema.parse(JSON.parse(await readFile(keysFile(dataDir), 'utf8')));
  } catch {
    return null;
  }
}
