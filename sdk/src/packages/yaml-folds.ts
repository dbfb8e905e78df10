/** Values of YAML over several lines, in which a command goes on behind a line's end. */

interface Fold {
  start: number;
  end: number;
}

let lastFolds: { text: string; folds: Fold[] } | undefined;

const SCALAR =
  /^([ \t]*(?:-[ \t]+)*)(?=\S)(?:["']?[\w./ -]{1,80}["']?[ \t]{0,8}:|-)[ \t]+(?:[&!]\S+[ \t]+)*(>[-+\d]*[ \t]*(?:#.*)?$|["']?[^\s|&[{#>"'][^\n]*$)/gm;
const LINE = /([ \t]*)([^\n]*)(?:\n|$)/y;

/** Values of YAML whose line ends are blanks: folded, and plain ones that go on in deeper lines. */
function foldsOf(text: string): Fold[] {
  if (lastFolds?.text === text) return lastFolds.folds;
  const folds: Fold[] = [];
  SCALAR.lastIndex = 0;
  for (let match = SCALAR.exec(text); match; match = SCALAR.exec(text)) {
    const column = (match[1] as string).length;
    const folded = match[2]?.startsWith('>') === true;
    let end = match.index + match[0].length + 1;
    for (LINE.lastIndex = end; end < text.length; end = LINE.lastIndex) {
      const [, indent = '', content = ''] = LINE.exec(text) ?? [];
      if (content.trim() !== '' && indent.length <= column) break;
      if (!folded && /^(?:- |[\w.-]{1,80}:(?:\s|$))/.test(content)) break;
      if (content.trim() === '' && !folded) break;
    }
    if (end > match.index + match[0].length + 1) folds.push({ start: match.index, end });
    SCALAR.lastIndex = Math.max(end, match.index + match[0].length);
  }
  lastFolds = { text, folds };
  return folds;
}

/** Where a command goes on that began at `from`, behind the line end at `at`; -1 where it is over. */
export function foldedAfter(text: string, from: number, at: number): number {
  const folds = foldsOf(text);
  let low = 0;
  let high = folds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((folds[middle] as Fold).start <= from) low = middle + 1;
    else high = middle;
  }
  const fold = folds[low - 1];
  const next = text.indexOf('\n', at) + 1;
  return fold && next < fold.end ? next : -1;
}
