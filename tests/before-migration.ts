import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { newId } from '#lib/ids';
import { createDatabase } from '#lib/postgres/embedded';

const MIGRATIONS = path.resolve(import.meta.dirname, '../prisma/migrations');

/** A database as it stood before a migration, to be filled; `migrate` then runs that migration over what is there. */
export async function beforeMigration(
  name: string,
): Promise<{ client: pg.Client; migrate(): Promise<void> }> {
  const url = inject('templateUrl').replace(/[^/]+$/, `scratch_${newId().replaceAll('-', '')}`);
  await createDatabase(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const run = async (each: string) => {
    await client.query(readFileSync(path.join(MIGRATIONS, each, 'migration.sql'), 'utf8'));
  };
  const earlier = readdirSync(MIGRATIONS).filter((each) => /^\d/.test(each) && each < name);
  for (const each of earlier.sort()) await run(each);
  return { client, migrate: () => run(name) };
}
