import { rmSync } from 'node:fs';
import path from 'node:path';
import { db } from '#lib/db';
import { env } from '#lib/env';

/**
 * What a restore of an older copy leaves of the rulesets: those up to `seq`, no mark, and nothing that came later. The
 * marks on disk go too, as where the whole data folder is restored, unless `keepsFile`.
 */
export async function restoredTo(seq: number, { keepsFile = false } = {}): Promise<void> {
  await db.$transaction(async (tx) => {
    // Without its triggers, as a dump is loaded.
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`DELETE FROM adoption WHERE seq > ${seq}`;
    await tx.$executeRaw`DELETE FROM ruleset WHERE seq > ${seq}`;
    await tx.$executeRaw`DELETE FROM instance WHERE active_seq > ${seq}`;
    await tx.$executeRaw`DELETE FROM ruleset_head WHERE seq > ${seq}`;
    await tx.$executeRaw`UPDATE ruleset_mark SET seq = 0, source = 'this database'`;
  });
  if (!keepsFile) rmSync(path.join(env().STOPGAP_DATA_DIR, 'ruleset-marks'), { force: true });
}
