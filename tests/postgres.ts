import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDatabase, startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';

declare module 'vitest' {
  interface ProvidedContext {
    templateUrl: string;
  }
}

/** One throw-away Postgres for the whole run, with a migrated database that each worker clones. */
export default async function setup(project: TestProject) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-test-'));
  const postgres = await startPostgres(dataDir, ['-c', 'fsync=off', '-c', 'full_page_writes=off']);
  const templateUrl = postgres.url.replace(/\/stopgap$/, '/stopgap_template');
  await createDatabase(templateUrl);
  await applyMigrations(templateUrl);
  project.provide('templateUrl', templateUrl);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
