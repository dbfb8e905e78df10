import type { Ecosystem } from './ecosystems.ts';
import type { PackageMention } from './mention.ts';

/** A place in a text, of which more may be known when the text goes on: whether it names a package, and its version. */
export interface Open {
  start: number;
  end: number;
}

/**
 * What a reader gets: the text, and whether its language is unknown, so that it may be prose with code in it. It adds to
 * `open` what the end of the text leaves undecided, however far away that is.
 */
export type Reader = (text: string, mixed: boolean, open: Open[]) => PackageMention[];

/** Longer is no package's name. */
export const LONGEST = 300;

export function mention(
  ecosystem: Ecosystem,
  how: PackageMention['how'],
  names: readonly (string | null)[],
  start: number,
  end: number,
  version: string | null = null,
): PackageMention[] {
  const real: string[] = [];
  for (const name of names)
    if (name !== null && name !== '' && name.length <= LONGEST && !real.includes(name)) real.push(name);
  return real.length === 0
    ? []
    : [{ ecosystem, names: real, version: version?.trim() || null, how, start, end }];
}

/** Whether a place is inside of what has been found; asked, as it was found, in the order of the text. */
export function inside(found: readonly PackageMention[]): (at: number) => boolean {
  const spans = [...found];
  let next = 0;
  return (at) => {
    while (next < spans.length && (spans[next] as PackageMention).end <= at) next++;
    return (spans[next]?.start ?? at + 1) <= at;
  };
}

const MADE = /\b(?:new|throws|extends|implements)\s{1,20}$/;
const USED = /(?:<[\w., ]{1,100}>)?(?:\.\w{1,60}){0,5}(?:[({;]|::|\s{1,4}\w{1,60}\s{0,4}[=;])/y;

/** Whether it is code that uses the name in full which stands there, where it could be a sentence too. */
export function isUsed(text: string, start: number, end: number): boolean {
  USED.lastIndex = end;
  return USED.test(text) || MADE.test(text.slice(Math.max(0, start - 32), start));
}
