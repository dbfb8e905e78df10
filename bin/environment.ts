import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Env, env, setEnv } from '#lib/env';
import { findRunning } from '#lib/postgres/embedded';
import { PlainError } from './plain-error.ts';

export const ROOT = path.resolve(import.meta.dirname, '..');

/**
 * Reads `.env` of the checkout (what the shell sets wins), checks every variable, and makes the data folder's
 * path absolute so that it means the same to every process.
 */
export function loadEnvironment(): Env {
  const file = path.join(ROOT, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  const { STOPGAP_DATA_DIR, STOPGAP_GITLEAKS_CONFIG: rules } = checked();
  setEnv({
    STOPGAP_DATA_DIR: path.resolve(ROOT, STOPGAP_DATA_DIR),
    ...(rules !== undefined && { STOPGAP_GITLEAKS_CONFIG: path.resolve(ROOT, rules) }),
  });
  return checked();
}

/** Reads the operator's rules for secrets, where there are some. Throws one plain line where their file cannot be used. */
export async function checkSecretRules(): Promise<void> {
  const file = env().STOPGAP_GITLEAKS_CONFIG;
  if (file === undefined) return;
  const { gitleaksRules } = await import('#lib/secrets/gitleaks');
  try {
    gitleaksRules(file);
  } catch (error) {
    throw new PlainError(
      `STOPGAP_GITLEAKS_CONFIG: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Sets what web needs and nobody has set: the session secret, made once, and the public address. */
export async function addSecrets(dataDir: string): Promise<void> {
  const { NEXTAUTH_SECRET, NEXTAUTH_URL, PORT } = env();
  setEnv({
    NEXTAUTH_SECRET: NEXTAUTH_SECRET ?? (await storedSecret(dataDir)),
    NEXTAUTH_URL: NEXTAUTH_URL ?? `http://localhost:${PORT}`,
  });
}

/** For a process that runs alone: DATABASE_URL, or the embedded server that a running Stopgap has started. */
export async function findDatabase(): Promise<void> {
  if (env().DATABASE_URL) return;
  const url = await findRunning(env().STOPGAP_DATA_DIR);
  if (url === null) {
    throw new PlainError('There is no database: run `npm start` beside this, or set DATABASE_URL.');
  }
  setEnv({ DATABASE_URL: url });
}

function checked(): Env {
  try {
    return env();
  } catch (error) {
    throw new PlainError(error instanceof Error ? error.message : String(error));
  }
}

async function storedSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'session-secret');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const secret = randomBytes(32).toString('base64url');
  // Two processes may start at once: the first to create the file wins, both read it.
  await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}
