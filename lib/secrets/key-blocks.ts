import type { Rule } from './hits.ts';

const BEGIN = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----|^Private-Lines: \d{1,4}\r?$/gm;
/** Piece by piece: a cut text has no end mark, and in code each line may be a literal of its own. */
const PIECE =
  /(?:(?:Proc-Type|DEK-Info|Comment|Version|Private-MAC): [^\n]{0,200}|[A-Za-z0-9+/=\\ \t"'+,.|>#*-]{0,400})\r?\n?/y;
const PIECES = 400;
const END = /-----END/;

/** The blocks of private keys, between their marks. */
export const keyBlocks: Rule = {
  words: ['PRIVATE KEY', 'Private-Lines'],
  *find({ text }) {
    let end = 0;
    for (const match of text.matchAll(BEGIN)) {
      // Inside the block before it.
      if (match.index < end) continue;
      const start = match.index + match[0].length;
      end = endOf(text, start);
      // A name of a key, as in a check for one, is no key.
      if (/[A-Za-z0-9+/]{24}/.test(text.slice(start, end))) yield { start, end, rule: 'privatekey' };
    }
  },
};

function endOf(text: string, start: number): number {
  let end = start;
  for (let piece = 0; piece < PIECES; piece++) {
    PIECE.lastIndex = end;
    const found = PIECE.exec(text)?.[0] ?? '';
    const mark = found.search(END);
    if (mark !== -1) return end + mark;
    if (found.length === 0) break;
    end += found.length;
  }
  return end;
}
