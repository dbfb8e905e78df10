import { isKeyword, type Lexicon, lexiconOf } from './lexicon.ts';

/** `kept` stands for itself (keywords, punctuation, prose); the others are slots that any value fills. */
type TokenKind = 'kept' | 'name' | 'number' | 'string';
/** `start` is a UTF-16 offset into the text. */
export type Token = { kind: TokenKind; text: string; start: number };

const COMMENTS = {
  hash: '#[^\\r\\n]*',
  slash: '\\/\\/[^\\r\\n]*',
  dash: '--[^\\r\\n]*',
  semicolon: ';[^\\r\\n]*',
  block: '\\/\\*[^]*?(?:\\*\\/|$(?![^]))',
  markup: '<!--[^]*?(?:-->|$(?![^]))',
} as const;

// A string that is not closed ends with its line, so that broken code costs one line and not the rest of the text.
const DOUBLE = '(?:[rRbBfFuULN@$]{0,2})"(?:[^"\\\\\\r\\n]|\\\\[^])*(?:"|(?=[\\r\\n])|$(?![^]))';
const QUOTED = [
  '[rRbBfFuU]{0,2}"""[^]*?(?:"""|$(?![^]))',
  "[rRbBfFuU]{0,2}'''[^]*?(?:'''|$(?![^]))",
  DOUBLE,
  "[rRbBfFuUL]{0,2}'(?:[^'\\\\\\r\\n]|\\\\[^])*'",
  '`(?:[^`\\\\]|\\\\[^])*(?:`|$(?![^]))',
].join('|');
const LIFETIMES = `${DOUBLE}|b?'(?:[^'\\\\\\r\\n]|\\\\[^'\\r\\n]{1,10})'`;
const NUMBER =
  '(?:0[xX][\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)*(?:[eE][+-]?\\d+)?)[a-zA-Z]{0,3}(?![\\p{L}\\p{N}_])';
const WORD = '[$@]?[\\p{L}\\p{N}_][\\p{L}\\p{N}\\p{M}_]*';
const OPERATORS =
  '===|!==|=>|->|::|:=|==|!=|<=|>=|&&|\\|\\||\\+\\+|--|\\+=|-=|\\*=|\\/=|<<|>>|\\.\\.\\.|\\?\\?|\\?\\.';

// Scripts that put no spaces between words: every character is a token, and five of them make a shingle.
const UNSPACED =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]\\p{M}*';
const PROSE = new RegExp(
  `(?<space>[\\s\\p{Cf}\\p{Cc}]+)|(?<char>${UNSPACED})|(?<word>(?:(?!${UNSPACED})[\\p{L}\\p{N}\\p{M}_'’])+)|(?<other>[^])`,
  'uy',
);

const patterns = new Map<string, RegExp>();

function patternOf({ comments, lifetimes }: Lexicon): RegExp {
  const key = `${comments.join()} ${lifetimes}`;
  let pattern = patterns.get(key);
  if (!pattern) {
    const comment = comments.map((name) => COMMENTS[name]).join('|');
    // In a shell and in YAML a hash inside a word is part of it.
    const guarded = comments.includes('hash') ? `(?<![\\w$&{])(?:${comment})` : comment;
    pattern = new RegExp(
      `(?<space>[\\s\\p{Cf}\\p{Cc}]+)|(?<comment>${guarded})|(?<string>${lifetimes ? LIFETIMES : QUOTED})|(?<number>${NUMBER})|(?<word>${WORD})|(?<other>${OPERATORS}|[^])`,
      'uy',
    );
    patterns.set(key, pattern);
  }
  return pattern;
}

/** Whether the text is read as prose: no names in it are anybody's choice, so its words stand for themselves. */
export function isProse(language: string): boolean {
  return lexiconOf(language).kind === 'prose';
}

/**
 * Cuts a text into tokens, whatever its state: comments, whitespace and invisible characters are dropped, what a
 * programmer chose (names, numbers, strings) is marked as a slot, and the rest is kept. Linear in the text's length.
 */
export function tokenise(text: string, language: string): Token[] {
  const lexicon = lexiconOf(language);
  if (lexicon.kind === 'prose') return prose(text);
  return fenced(text).flatMap(({ start, end, isCode }) => {
    const piece = text.slice(start, end);
    const tokens = isCode ? code(piece, lexicon, language) : prose(piece);
    return start === 0 ? tokens : tokens.map((token) => ({ ...token, start: token.start + start }));
  });
}

type Piece = { start: number; end: number; isCode: boolean };

// In a chat the code stands between fences; read as code, the fences of Markdown would make one string of it all.
const FENCE = /^[ \t]*(?:```|~~~)[^\r\n`]*$/gm;

/** The code of an answer and the words around it; all of it is code where there are no fences. */
function fenced(text: string): Piece[] {
  const fences = [...text.matchAll(FENCE)];
  const pieces: Piece[] = [];
  let start = 0;
  let isCode = fences.length === 0;
  for (const fence of fences) {
    pieces.push({ start, end: fence.index, isCode });
    start = fence.index + fence[0].length;
    isCode = !isCode;
  }
  pieces.push({ start, end: text.length, isCode });
  return pieces.filter((piece) => piece.end > piece.start);
}

const MEMBER: ReadonlySet<string> = new Set(['.', '->', '::', '?.']);

/** Whether a name is called or a member: the vocabulary of others, and not a name that the text's writer chose. */
export function isReached(tokens: readonly Token[], index: number): boolean {
  return tokens[index + 1]?.text === '(' || MEMBER.has(tokens[index - 1]?.text ?? '');
}

/** Words of any script in small letters; punctuation says little in prose and is dropped. */
function prose(text: string): Token[] {
  const tokens: Token[] = [];
  PROSE.lastIndex = 0;
  for (let match = PROSE.exec(text); match; match = PROSE.exec(text)) {
    const groups = match.groups ?? {};
    const word = groups.word ?? groups.char;
    if (word === undefined) continue;
    const number = /^\p{N}+$/u.test(word);
    tokens.push({ kind: number ? 'number' : 'kept', text: word, start: match.index });
  }
  return tokens;
}

function code(text: string, lexicon: Lexicon, language: string): Token[] {
  const pattern = patternOf(lexicon);
  const tokens: Token[] = [];
  let lineStart = true;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const { space, comment, string, number, word } = match.groups ?? {};
    if (space !== undefined) {
      lineStart ||= /[\r\n\u2028\u2029\u0085]/.test(space);
      continue;
    }
    if (comment !== undefined) continue;
    const at = { start: match.index, text: match[0] };
    const end = match.index + match[0].length;
    if (string !== undefined) {
      if (!isDocstring(text, string, lineStart, end))
        tokens.push({ ...at, kind: isKey(text, end, lexicon) ? 'kept' : 'string' });
    } else if (number !== undefined) tokens.push({ ...at, kind: 'number' });
    else if (word !== undefined) {
      const kept =
        isKeyword(word, language) ||
        (lexicon.kind !== 'code' && isVocabulary(text, end, lexicon, tokens, lineStart));
      tokens.push({ ...at, kind: kept ? 'kept' : 'name' });
    } else tokens.push({ ...at, kind: 'kept' });
    lineStart = false;
  }
  return tokens;
}

/** A long string that stands alone on its lines documents; it does nothing. */
function isDocstring(text: string, string: string, lineStart: boolean, end: number): boolean {
  return (
    lineStart && /^[rRuU]?("""|''')/.test(string) && /^[ \t]*(?:[\r\n]|$)/.test(text.slice(end, end + 80))
  );
}

function isKey(text: string, end: number, lexicon: Lexicon): boolean {
  return lexicon.kind === 'config' && /^\s*:/.test(text.slice(end, end + 20));
}

const COMMAND_STARTS = new Set([
  '|',
  ';',
  '&&',
  '||',
  '&',
  '(',
  '`',
  '$',
  'RUN',
  'sudo',
  'then',
  'do',
  'else',
]);
const FLAGS: ReadonlySet<string> = new Set(['-', '--']);

/** Keys, tags, block names, commands and flags: what a configuration or a script is made of. */
function isVocabulary(
  text: string,
  end: number,
  { kind }: Lexicon,
  tokens: Token[],
  lineStart: boolean,
): boolean {
  const before = tokens.at(-1)?.text ?? '';
  if (kind === 'shell') return lineStart || COMMAND_STARTS.has(before) || FLAGS.has(before);
  if (lineStart || before === '<' || before === '/') return true;
  return /^\s*[:={]/.test(text.slice(end, end + 20));
}
