const WIDTH = 24;
const MIB = 1024 * 1024;

/** One line of progress: how far in the file, how many rows, how fast, how long yet; the bar itself on a terminal only. */
export function barLine(
  { read, size, rows, seconds: passed }: { read: number; size: number; rows: number; seconds: number },
  drawn: boolean,
): string {
  const share = Math.min(1, size === 0 ? 1 : read / size);
  const seconds = Math.max(0.001, passed);
  const full = Math.round(share * WIDTH);
  const left = share > 0.01 ? Math.ceil((seconds / share) * (1 - share)) : null;
  const parts = [
    `${drawn ? `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ` : ''}${Math.floor(share * 100)} %`,
    `${(read / MIB).toFixed(1)} of ${(size / MIB).toFixed(1)} MiB`,
    `${rows.toLocaleString('en-US')} rows`,
    `${Math.round(rows / seconds).toLocaleString('en-US')}/s`,
    ...(left === null ? [] : [`${left} s left`]),
  ];
  return parts.join(', ');
}
