import { env } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { migrate as applyAll, checkDatabase } from '../database.ts';
import { loadEnvironment } from '../environment.ts';
import { readFlags } from '../flags.ts';
import { during, print } from '../progress.mjs';

/** Brings the schema up to date, on DATABASE_URL or on the embedded server. */
export async function migrate(args: string[]): Promise<undefined> {
  readFlags(args, {});
  loadEnvironment();
  const given = env().DATABASE_URL;
  if (given) await checkDatabase(given);
  const server = given
    ? undefined
    : await during('Starting Postgres', () => startPostgres(env().STOPGAP_DATA_DIR), 'Postgres runs');
  try {
    const applied = await applyAll(given ?? server?.url ?? '');
    print(applied === 0 ? 'The database is up to date.' : `Applied ${applied} migration(s).`);
  } finally {
    await server?.stop();
  }
}
