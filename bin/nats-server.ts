import { existsSync } from 'node:fs';
import path from 'node:path';
import { installDebian } from './debian.ts';

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
  say("No nats-server here: installing Debian's package nats-server, where that can be done");
  const installed = installDebian('nats-server') ? findNatsServer() : null;
  if (installed) return installed;
  say(
    'No nats-server here: the tests of distribution through NATS are left out. Install it, or name it in STOPGAP_NATS_SERVER.',
  );
  return null;
}
