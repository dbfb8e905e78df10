import type { Ecosystem } from '../ecosystems.ts';

/**
 * One way to write a package: its ecosystem, the language that the text is said to have, the name a rule lists, and the
 * text. `«…»` stands around what the rule hits; a text without these marks must not be hit.
 */
export type Spelling = readonly [Ecosystem, string | null, string, string];

const MARKS = /[«»]/g;

/** The text without its marks, and the stretch that the marks are around. */
export function unmarked(marked: string): { text: string; covered: string | null; start: number } {
  const start = marked.indexOf('«');
  const covered = start === -1 ? null : marked.slice(start + 1, marked.indexOf('»'));
  return { text: marked.replace(MARKS, ''), covered, start };
}
