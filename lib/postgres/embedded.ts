import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type PostgresHome, postgresHome } from './programs.ts';

export type RunningPostgres = {
  url: string;
  /** Where its files are; not under the data folder when that is closed to the user it runs as. */
  databaseDir: string;
  /** The server's process, when it was started here. */
  pid: number | undefined;
  /** Stops the server if this process started it; a server found running is left alone. */
  stop(): Promise<void>;
  /** Resolves when the server started here has ended, by request or not. */
  exited: Promise<void>;
};

type StartOptions = {
  /** Stop a server that an earlier owner left running, instead of joining it. */
  own?: boolean;
  /** Insist on this port, because others are connected to it. */
  port?: number;
  /** Takes every line that the server writes. */
  onLine?: (line: string) => void;
};

const DATABASE = 'stopgap';
const FAST_STOP_MS = 2_000;
/** How long a server left behind may take to let go of its files. */
const HANDOVER_MS = 15_000;

// Ends the server when its owner is gone, however it went: the pipe on standard input closes with the owner.
const WATCH =
  'while read -r _; do :; done; [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -INT "$1"';

/** A port nobody listens on right now. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** The address of an embedded server that answers right now, or null. */
export async function findRunning(dataDir: string): Promise<string | null> {
  const url = await lastUrl(dataDir);
  return url && (await answers(url)) ? url : null;
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
 * Starts the embedded PostgreSQL under `dataDir`, or joins the one that already runs there. The port stays the
 * same from start to start where it can, so that a restart is invisible to whoever is connected.
 * `flags` go to the postgres command line. Errors are plain sentences for the terminal.
 */
export async function startPostgres(
  dataDir: string,
  flags: string[] = [],
  options: StartOptions = {},
): Promise<RunningPostgres> {
  const home = await postgresHome(dataDir).catch((error) => {
    throw new Error(explain(dataDir, [], error));
  });
  if (options.own) await stopLeftover(home.databaseDir);
  const running = options.own ? null : await findRunning(dataDir);
  if (running) {
    return {
      url: running,
      databaseDir: home.databaseDir,
      pid: undefined,
      stop: async () => undefined,
      exited: new Promise(() => undefined),
    };
  }
  const output: string[] = [];
  const keep = (line: string) => {
    options.onLine?.(line);
    output.push(line);
    if (output.length > 50) output.shift();
  };
  try {
    const password = await storedPassword(dataDir);
    if (!existsSync(path.join(home.databaseDir, 'PG_VERSION'))) await initialise(home, password, keep);
    const port = options.port ?? (await choosePort(dataDir));
    const url = `postgresql://stopgap:${password}@127.0.0.1:${port}/${DATABASE}`;
    const server = await startServer(home, port, flags, keep);
    await createDatabase(url);
    await writeFile(path.join(dataDir, 'database-url'), `${url}\n`, { mode: 0o600 });
    return { url, databaseDir: home.databaseDir, ...server };
  } catch (error) {
    throw new Error(explain(home.databaseDir, output, error));
  }
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

async function lastUrl(dataDir: string): Promise<string | null> {
  const file = path.join(dataDir, 'database-url');
  return existsSync(file) ? (await readFile(file, 'utf8')).trim() : null;
}

async function choosePort(dataDir: string): Promise<number> {
  const last = Number(new URL((await lastUrl(dataDir)) ?? 'postgresql://localhost').port);
  return last ? freePort(last).catch(() => freePort()) : freePort();
}

async function storedPassword(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'postgres-password');
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  const password = crypto.randomUUID().replaceAll('-', '');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** Like the server itself, outside our process group: a terminal's Ctrl-C must not reach it before us. */
function program(
  home: PostgresHome,
  file: string,
  args: string[],
  onLine: (line: string) => void,
): ChildProcess {
  const child = spawn(file, args, {
    ...home.owner,
    // The user "postgres" may not look into the folder we were started in.
    cwd: path.parse(file).root,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', LANG: 'C' },
  });
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) onLine(line.trim());
  });
  return child;
}

async function initialise(
  home: PostgresHome,
  password: string,
  onLine: (line: string) => void,
): Promise<void> {
  await rm(home.databaseDir, { recursive: true, force: true });
  await mkdir(home.databaseDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(tmpdir(), 'stopgap-init-'));
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const { uid, gid } = home.owner;
  if (uid !== undefined && gid !== undefined) {
    for (const owned of [home.databaseDir, folder, passwordFile]) await chown(owned, uid, gid);
  }
  // C collation makes the same order on every machine; UTF-8 whatever the locale of the terminal.
  const child = program(
    home,
    home.initdb,
    [
      `--pgdata=${home.databaseDir}`,
      '--auth=scram-sha-256',
      '--username=stopgap',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
    ],
    onLine,
  );
  try {
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    // A half-made cluster would be taken for a whole one at the next start.
    if (code !== 0) {
      await rm(home.databaseDir, { recursive: true, force: true });
      throw new Error('initdb failed');
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startServer(
  home: PostgresHome,
  port: number,
  flags: string[],
  onLine: (line: string) => void,
): Promise<Omit<RunningPostgres, 'url' | 'databaseDir'>> {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=120',
    'log_checkpoints=off',
  ];
  const args = [
    '-D',
    home.databaseDir,
    '-p',
    String(port),
    ...settings.flatMap((set) => ['-c', set]),
    ...flags,
  ];
  const deadline = Date.now() + HANDOVER_MS;
  for (;;) {
    let handover = false;
    const child = program(home, home.postgres, args, (line) => {
      onLine(line);
      if (line.includes('ready to accept connections')) child.emit('ready');
      // Left by a server that was killed: its processes need a moment to notice.
      if (/lock file .* already exists|pre-existing shared memory block/.test(line)) handover = true;
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const ready = await Promise.race([
      new Promise<boolean>((resolve) => child.once('ready', () => resolve(true))),
      exited.then(() => false),
      new Promise<never>((_, reject) => child.once('error', reject)),
    ]);
    if (ready) return owned(child, exited, home);
    if (!handover || Date.now() > deadline) throw new Error('postgres ended');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function owned(
  child: ChildProcess,
  exited: Promise<void>,
  home: PostgresHome,
): Omit<RunningPostgres, 'url' | 'databaseDir'> {
  const watcher =
    process.platform === 'win32'
      ? undefined
      : spawn('/bin/sh', ['-c', WATCH, 'sh', String(child.pid), home.databaseDir], {
          ...home.owner,
          cwd: '/',
          detached: true,
          stdio: ['pipe', 'ignore', 'ignore'],
        });
  watcher?.on('error', () => undefined);
  const ended = exited.then(() => {
    watcher?.kill('SIGKILL');
  });
  return {
    pid: child.pid,
    exited: ended,
    stop: async () => {
      // SIGINT is a fast stop: open transactions are rolled back. SIGQUIT leaves recovery to the next start.
      child.kill('SIGINT');
      const hurry = setTimeout(() => child.kill('SIGQUIT'), FAST_STOP_MS);
      await ended;
      clearTimeout(hurry);
    },
  };
}

/** Ends a server whose owner was killed, found by its pid file. */
async function stopLeftover(databaseDir: string): Promise<void> {
  const file = path.join(databaseDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const [pid = '', folder, , port = ''] = (await readFile(file, 'utf8')).split('\n');
  // After a power cut the number may belong to another program: only a process that listens there is the server.
  const listens = await freePort(Number(port)).then(
    () => false,
    () => true,
  );
  if (folder !== databaseDir || !Number(pid) || !listens) return;
  const deadline = Date.now() + HANDOVER_MS;
  try {
    process.kill(Number(pid), 'SIGINT');
    while (existsSync(file) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 100));
  } catch {
    // It ended by itself in the meantime.
  }
}

function explain(databaseDir: string, output: string[], error: unknown): string {
  const cause = error instanceof Error ? error.message : '';
  const said = [...output, cause].join('\n');
  if (/No space left|ENOSPC/i.test(said))
    return `The disk is full: Postgres could not write to ${databaseDir}. Free some space and start again.`;
  if (/Permission denied|could not access directory|EACCES|EPERM/i.test(said)) {
    return `Postgres may not use ${databaseDir} (permission denied). Put STOPGAP_DATA_DIR where this user may write.`;
  }
  if (/EROFS/.test(said))
    return `${databaseDir} is on a read-only disk. Set STOPGAP_DATA_DIR to a folder elsewhere.`;
  const last =
    output.filter((line) => /FATAL|error/i.test(line)).at(-1) ?? output.at(-1) ?? (cause || 'no message');
  return `The embedded Postgres did not start: ${last.replace(/\s+/g, ' ')}`;
}
