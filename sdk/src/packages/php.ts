import { inside, mention, type Reader } from './found.ts';
import { blockComment, Code, heredoc, lineComment, lineString, matchAt, prefixes, syntax } from './lex.ts';
import type { PackageMention } from './mention.ts';

const LINE_OR_TAG = /[\n\r]|\?>/g;
export const PHP = syntax(
  lineComment('//', LINE_OR_TAG),
  lineComment('#(?!\\[)', LINE_OR_TAG),
  blockComment('/\\*', '*/'),
  heredoc('<<<[ \\t]*'),
  lineString('"'),
  lineString("'"),
);

const USE = /(?<![\w$\\-])use(?![\w-])/gi;
const KIND = /(?:function|const)(?=[\s/])/iy;
const NAME = /\\?((?:[\p{L}_][\p{L}\p{M}\p{N}_]*\\?){1,40})/uy;
const AS = /as\s+[\p{L}_][\p{L}\p{N}_]*/iuy;
/** A name in full in the middle of code, which needs no `use`. */
const QUALIFIED =
  /(?<![\p{L}\p{M}\p{N}_\\$:.])\\([A-Z]\w{0,100}(?:\\[A-Z]\w{0,100}){1,20})(?![\p{L}\p{M}\p{N}_\\])/gu;
/** A package that is loaded from where Composer puts it. */
const VENDOR = /\bvendor\/([a-z0-9](?:[a-z0-9_.-]{0,100})\/[a-z0-9](?:[a-z0-9_.-]{0,100}))\//gi;

export const php: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, PHP, mixed);
  const add = (name: string, start: number, end: number) =>
    found.push(...mention('composer', 'import', prefixes(name.replace(/\\$/, ''), '\\'), start, end));
  let done = 0;
  for (const { 0: word, index } of text.matchAll(USE)) {
    if (index < done) continue;
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line' || !begins(code, index)) continue;
    for (let at = code.skip(index + word.length); ; ) {
      if (matchAt(KIND, text, at)) at = code.skip(KIND.lastIndex);
      const name = matchAt(NAME, text, at)?.[1];
      if (name === undefined) break;
      const end = NAME.lastIndex;
      add(name, end - name.length, end);
      done = end;
      at = code.skip(end);
      if (text[at] === '{')
        at = group(code, code.skip(at + 1), (member, from, to) => add(`${name}${member}`, from, to));
      else if (matchAt(AS, text, at)) at = code.skip(AS.lastIndex);
      if (text[at] !== ',') break;
      at = code.skip(at + 1);
    }
  }
  const isRead = inside(found);
  for (const match of text.matchAll(QUALIFIED)) {
    const [whole, name = ''] = match;
    const start = match.index + whole.indexOf(name);
    if (isRead(start) || code.kindAt(start) !== 'code') continue;
    found.push(...mention('composer', 'import', prefixes(name, '\\', 2), start, start + name.length));
  }
  for (const match of text.matchAll(VENDOR)) {
    const name = match[1] as string;
    const start = match.index + match[0].indexOf('/') + 1;
    if (code.kindAt(match.index) !== 'comment')
      found.push(...mention('composer', 'import', [name], start, start + name.length));
  }
  return found;
};

/** The members of `use A\{B, function c}`; where the group ends. */
function group(code: Code, from: number, each: (name: string, start: number, end: number) => void): number {
  const { text } = code;
  for (let at = from; ; ) {
    if (matchAt(KIND, text, at)) at = code.skip(KIND.lastIndex);
    const name = matchAt(NAME, text, at)?.[1];
    if (name === undefined) return text[at] === '}' ? code.skip(at + 1) : at;
    each(name, at, NAME.lastIndex);
    at = code.skip(NAME.lastIndex);
    if (matchAt(AS, text, at)) at = code.skip(AS.lastIndex);
    if (text[at] === ',') at = code.skip(at + 1);
  }
}

const TAG = /(?:<\?(?:php)?|\?>)\s{0,50}$/i;

function begins(code: Code, at: number): boolean {
  return code.begins(at, ';{}]') || TAG.test(code.text.slice(Math.max(0, at - 60), at));
}
