import { classOf, FILLERS, INVISIBLE } from '#sdk/text/characters';
import { invisibleLabel } from './invisible-names.ts';

/** Text as it may be shown: nothing in it is invisible, reorders its neighbours or breaks lines unseen. */
type VisibleText = {
  text: string;
  /** What was made visible, in words for the reader; empty for plain text. */
  notes: string[];
};

// Everything that shows as nothing, reorders text or ends lines unseen: control characters but tab and newline, format
// characters, line and paragraph separators, and what phrases of rules leave out or take for blanks. FE0F after a
// pictograph is how emoji are written and stays. Carriage returns are handled before.
const HIDDEN = new RegExp(
  `[^\\P{Cc}\\t\\n]|\\p{Cf}|\\p{Zl}|\\p{Zp}|(?!\\ufe0f)[${classOf([...INVISIBLE, ...FILLERS])}]|(?<!\\p{Emoji})\\ufe0f`,
  'gu',
);

const NAMES: [RegExp, string][] = [
  [/\p{Bidi_Control}/u, 'bidirectional control'],
  [/[\p{Zl}\p{Zp}\u0085]/u, 'unusual line end'],
  [/\p{Variation_Selector}|[\u{e0000}-\u{e0fff}]/u, 'tag or variation selector'],
  [/\p{Cc}/u, 'control character'],
];

/**
 * Replaces what cannot be seen by labelled marks such as ⟦RLO U+202E⟧, and a carriage return inside a line by ⟦CR⟧. CRLF
 * ends a line like LF, in mixed texts too: a note says so. Lines are those that `\n` makes, so line numbers stay true.
 */
export function visibleText(source: string): VisibleText {
  const ends = lineEnds(source);
  const { text, notes } = visibleLines(source);
  return ends === null || ends === 'LF'
    ? { text, notes }
    : { text, notes: [`line ends are ${ends}`, ...notes] };
}

/** The same without a word about the ends of lines, which a change compares for both sides. */
export function visibleLines(source: string): VisibleText {
  const notes: string[] = [];
  const counts = new Map<string, number>();
  // One that overwrites nothing but the end of its line hides nothing.
  const lined = source.replaceAll('\r\n', '\n');
  if (lined.includes('\r')) notes.push('carriage returns shown as ⟦CR⟧');
  const text = lined.replaceAll('\r', '⟦CR⟧').replace(HIDDEN, (character) => {
    const name = NAMES.find(([pattern]) => pattern.test(character))?.[1] ?? 'invisible character';
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return tokenOf(character);
  });
  for (const [name, count] of counts) notes.push(`${count} ${name}${count === 1 ? '' : 's'} shown as ⟦…⟧`);
  return { text, notes };
}

/** How the lines of a text end, in words: `LF`, `CRLF`, or `mixed (3 CRLF, 1 LF)`; null where no line ends. */
export function lineEnds(source: string): string | null {
  const all = source.split('\n').length - 1;
  const crlf = source.split('\r\n').length - 1;
  if (all === 0) return null;
  if (crlf === 0) return 'LF';
  return crlf === all
    ? 'CRLF'
    : `mixed (${crlf.toLocaleString('en')} CRLF, ${(all - crlf).toLocaleString('en')} LF)`;
}

function tokenOf(character: string): string {
  return `⟦${invisibleLabel(character.codePointAt(0) ?? 0)}⟧`;
}

/** The 1-based line of a UTF-16 offset in the original text; past the end is the last line. */
export function lineOf(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) line += 1;
  // An end after the last newline is still on the last line that is shown.
  return source.endsWith('\n') && offset >= source.length && line > 1 ? line - 1 : line;
}

/** Finds the marks that `visibleText` writes; flagged text may write one itself, which then only looks the same. */
export const MARK = /⟦(?:[^⟦⟧\n]{0,6} )?U\+[0-9A-F]{4,6}⟧|⟦CR⟧/gu;
