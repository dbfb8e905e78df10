import { statfs } from 'node:fs/promises';

const EVERY_MS = 5_000;
const LOW_BYTES = 16 * 1024 * 1024;

/**
 * Says once when the disk under `folder` is full and once when it has space again. Nothing is stopped: instances
 * go on enforcing, and everything heals when there is space.
 */
export function watchDisk(folder: string, say: (line: string) => void): { stop(): void } {
  let full = false;
  const look = async () => {
    const about = await statfs(folder).catch(() => null);
    if (!about) return;
    const isFull = about.bavail * about.bsize < LOW_BYTES;
    if (isFull && !full)
      say(`! The disk with ${folder} is full: nothing is stored until some space is freed.`);
    if (!isFull && full) say('✓ The disk has space again.');
    full = isFull;
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
