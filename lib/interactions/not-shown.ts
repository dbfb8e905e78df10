import type { NotShown } from './schema.ts';

/** What an item's texts do not hold, in a line: "3 parts not shown: 2 × image, file"; null where they hold all. */
export function notShownLabel(parts: unknown): string | null {
  // Checked on its way in.
  const list = (parts ?? []) as NotShown;
  const sum = list.reduce((total, { count }) => total + count, 0);
  if (sum === 0) return null;
  const names = list.map(({ what, count }) => (count === 1 ? what : `${count} × ${what}`));
  return `${sum} ${sum === 1 ? 'part' : 'parts'} not shown: ${names.join(', ')}`;
}
