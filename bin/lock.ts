import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PlainError } from './plain-error.ts';

/**
 * One supervisor per data folder. The lock is a file that names the process and when it was started, so a
 * number that the system gave to another program later does not count.
 */
export async function lockDataDir(dataDir: string): Promise<() => void> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const file = path.join(dataDir, 'supervisor.pid');
  const mine = `${process.pid} ${startOf(process.pid)}`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const held = readHolder(file);
    if (held && startOf(held.pid) === held.start) {
      throw new PlainError(
        `Stopgap already runs with the data folder ${dataDir} (process ${held.pid}). Stop it first, or give this one its own with STOPGAP_DATA_DIR.`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new PlainError(`Another Stopgap is starting with the data folder ${dataDir}.`);
}

function readHolder(file: string): { pid: number; start: string } | null {
  try {
    const [pid = '', ...start] = readFileSync(file, 'utf8').split(' ');
    return Number(pid) > 0 ? { pid: Number(pid), start: start.join(' ') } : null;
  } catch {
    return null;
  }
}

/** When a process was started, in whatever unit the system has; empty when there is no such process. */
function startOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      // Field 22, counted after the name, which may itself hold spaces and brackets.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
