import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** A nats-server that is on this machine, or null. STOPGAP_NATS_SERVER names one outright. */
export function findNatsServer(): string | null {
  const named = process.env.STOPGAP_NATS_SERVER;
  if (named && existsSync(named)) return named;
  // Debian puts it where only root's PATH looks.
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => path.join(folder, 'nats-server')).find((file) => existsSync(file)) ?? null;
}

/** Finds a nats-server for the tests that need one, or installs Debian's; null, said plainly, when it cannot. */
export function ensureNatsServer(say: (line: string) => void): string | null {
  const found = findNatsServer();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say("No nats-server here: installing Debian's package nats-server");
    const quiet = {
      stdio: 'ignore',
      timeout: 300_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    } as const;
    spawnSync('apt-get', ['update'], quiet);
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'nats-server'], quiet);
    const installed = findNatsServer();
    if (installed) return installed;
  }
  say(
    'No nats-server here: the tests of distribution through NATS are left out. Install it, or name it in STOPGAP_NATS_SERVER.',
  );
  return null;
}
