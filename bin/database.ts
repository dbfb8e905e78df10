import pg from 'pg';
import { env, setEnv } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { PlainError, plainMessage } from './plain-error.ts';

const OLDEST_SERVER = 140_000;

/** Refuses in one line when the server at DATABASE_URL cannot be used. Never prints the password. */
export async function checkDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version_num') AS version",
    );
    if (Number(rows[0]?.version) < OLDEST_SERVER) {
      throw new PlainError('The server at DATABASE_URL is older than PostgreSQL 14. Use a newer one.');
    }
  } catch (error) {
    throw error instanceof PlainError ? error : new PlainError(whyUnusable(url, error));
  } finally {
    await client.end().catch(() => undefined);
  }
}

function whyUnusable(url: string, error: unknown): string {
  const { hostname, port, pathname, username } = new URL(url);
  const where = `${hostname}:${port || 5432}`;
  const code = (error as { code?: string }).code;
  const check = 'Check DATABASE_URL.';
  switch (code) {
    case 'ECONNREFUSED':
      return `No database answers at ${where}. ${check}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The database host ${hostname} is unknown. ${check}`;
    case '28P01':
    case '28000':
      return `The database at ${where} does not accept the user "${username}" with this password. ${check}`;
    case '3D000':
      return `There is no database "${pathname.slice(1)}" at ${where}. Create it, or check DATABASE_URL.`;
    default:
      return `The database at ${where} cannot be used: ${plainMessage(error).replaceAll(url, 'DATABASE_URL')}. ${check}`;
  }
}

/**
 * Brings the schema up to date and adds the default policies that were never there, since nothing can be decided
 * harmful without one; answers how many migrations it applied. From then on DATABASE_URL names this database.
 */
export async function migrate(url: string): Promise<number> {
  try {
    const applied = await applyMigrations(url);
    setEnv({ DATABASE_URL: url });
    const { seedPolicies } = await import('#lib/policies/mutations');
    const { db } = await import('#lib/db');
    await seedPolicies().finally(() => db.$disconnect());
    return applied.length;
  } catch (error) {
    throw new PlainError(`The database could not be migrated: ${plainMessage(error)}`);
  }
}

/**
 * Runs a short command on a migrated database: DATABASE_URL, the embedded server that runs already, or one
 * started for as long as the command takes.
 */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  const given = env().DATABASE_URL;
  if (given) await checkDatabase(given);
  const server = given ? undefined : await startPostgres(env().STOPGAP_DATA_DIR);
  const url = given ?? server?.url;
  if (!url) throw new PlainError('There is no database.');
  setEnv({ DATABASE_URL: url });
  try {
    await migrate(url);
    const { db } = await import('#lib/db');
    return await work().finally(() => db.$disconnect());
  } finally {
    await server?.stop();
  }
}
