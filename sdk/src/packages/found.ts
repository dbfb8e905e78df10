import type { Ecosystem } from './ecosystems.ts';
import type { PackageMention } from './mention.ts';

/** What a reader gets: the text, and whether its language is unknown, so that it may be prose with code in it. */
export type Reader = (text: string, mixed: boolean) => PackageMention[];

/** Longer is no package's name. */
const LONGEST = 300;

export function mention(
  ecosystem: Ecosystem,
  how: PackageMention['how'],
  names: readonly (string | null)[],
  start: number,
  end: number,
  version: string | null = null,
): PackageMention[] {
  const real = names.filter((name): name is string => name !== null && name !== '' && name.length <= LONGEST);
  if (real.length === 0) return [];
  return [{ ecosystem, names: [...new Set(real)], version: version?.trim() || null, how, start, end }];
}
