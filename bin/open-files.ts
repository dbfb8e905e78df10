import { readFileSync } from 'node:fs';
import { log } from '#lib/log';

/** One file per stream, another per instance that is reporting, and what the process itself has open. */
const FEW = 12_000;

/**
 * Says so when this process may open fewer files than ten thousand instances need. Node has already raised the soft
 * limit to the hard one. Where the system does not tell (it is not Linux), nothing is said.
 */
export function watchOpenFiles(who: string): void {
  const limit = openFilesLimit(readLimits());
  if (limit === null || limit >= FEW) return;
  log(
    'warn',
    `${who}: few open files are allowed here; raise the limit (ulimit -n, LimitNOFILE) for a large fleet`,
    {
      limit,
      wanted: FEW,
    },
  );
}

/** The soft limit in the text of `/proc/self/limits`; null when it is unlimited or not there. */
export function openFilesLimit(limits: string): number | null {
  const found = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return found === undefined ? null : Number(found);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
