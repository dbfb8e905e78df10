const WIDTH = 24;
const MIB = 1024 * 1024;

/** One line of progress: how far in the file, how many rows, how fast, how long yet. */
export function barLine(read: number, size: number, rows: number, startedAt: number, now: number): string {
  const share = Math.min(1, size === 0 ? 1 : read / size);
  const seconds = Math.max(0.001, (now - startedAt) / 1000);
  const full = Math.round(share * WIDTH);
  const left = share > 0.01 ? Math.ceil((seconds / share) * (1 - share)) : null;
  const parts = [
    `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${Math.floor(share * 100)} %`,
    `${(read / MIB).toFixed(1)} of ${(size / MIB).toFixed(1)} MiB`,
    `${rows.toLocaleString('en-US')} rows`,
    `${Math.round(rows / seconds).toLocaleString('en-US')}/s`,
    ...(left === null ? [] : [`${left} s left`]),
  ];
  return parts.join(', ');
}
