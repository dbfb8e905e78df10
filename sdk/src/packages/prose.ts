/** A command that a sentence names without marks of its own, as in "run npm install, then start the test". */

/** Words before a command that run it. */
const RUNNERS = new Set(
  (
    'RUN CMD sudo doas time env exec eval nohup nice xargs command corepack call start then else do npx bunx uvx pipx ' +
    'poetry uv pdm hatch rye pipenv conda mamba bundle python py watch timeout winpty wsl bash sh cmd docker podman'
  ).split(' '),
);
/** Words with which the sentence goes on. */
const GOES_ON =
  /(?:and|or|then|but|so|to|in|on|at|by|for|from|with|without|before|after|while|when|if|because|until|again|first|is|was|are|were|will|would|should|can|could|may|might|must|does|did|has|had|it|this|that|the|your|you|we|they|as|into|which|where|fails?|failed|works?|once|inside|commands?|instead|via|using|now|there|here|later|yourself|manually|successfully|[\u2013\u2014-]{1,2})(?![\w@/=-]|[.:]\w)/y;
const ITEM =
  /(?:and[ \t]+|or[ \t]+)?["']?@?[\w./@^~<>=*-]*\w["']?(?=[ \t]{0,20}(?:[,.;:!?)`"']|\r?\n|$)|[ \t]+(?:and|or)\b)/y;

const isBlank = (unit: number) => unit === 0x20 || unit === 0x09;
const isLetter = (unit: number) => (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;
/** What may stand before a word of a sentence. */
const OPENS = /[\s"'`(>*_]/;

/** The first of at most `most` units that `is` holds for, before `at`. */
function backOver(text: string, at: number, most: number, is: (unit: number) => boolean): number {
  let from = at;
  while (from > 0 && at - from < most && is(text.charCodeAt(from - 1))) from--;
  return from;
}

/** Whether a word of a sentence, or the number of a step, stands directly before the command at `at`. */
export function isProse(text: string, at: number): boolean {
  const end = backOver(text, at, 5, isBlank);
  if (end === 0 || at - end < 1 || at - end > 4) return false;
  if (/[.)]/.test(text[end - 1] as string)) {
    const number = backOver(text, end - 1, 4, isDigit);
    if (end - 1 - number < 1 || end - 1 - number > 3) return false;
    const line = backOver(text, number, 13, isBlank);
    return number - line < 13 && (line === 0 || text[line - 1] === '\n');
  }
  const word = backOver(text, end, 31, isLetter);
  if (end - word < 2 || end - word > 30 || !(word === 0 || OPENS.test(text[word - 1] as string)))
    return false;
  return !RUNNERS.has(text.slice(word, end));
}

/** Whether the sentence goes on at `at` with no argument, behind the gap that begins at `from`. */
export function endsInProse(text: string, from: number, at: number): boolean {
  GOES_ON.lastIndex = at;
  if (GOES_ON.test(text)) return true;
  const before = text[from - 1] ?? '';
  if (before === ':' && at > from) return true;
  // `install a, b and c` goes on as a list; `install a, start the test` as a sentence.
  if (!text.slice(from, at).includes(',')) return false;
  ITEM.lastIndex = at;
  return !ITEM.test(text);
}

const CLAUSE = /(?:and|then|so|but)[ \t]/y;

/** `install, then start it`: what no shell reads so, wherever it stands. */
export function beginsClause(text: string, from: number, at: number): boolean {
  if (text[from] !== ',' || at <= from + 1) return false;
  CLAUSE.lastIndex = at;
  return CLAUSE.test(text);
}
