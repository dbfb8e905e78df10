import { mention, type Reader } from './found.ts';
import {
  Code,
  heredoc,
  lineComment,
  lineString,
  matchAt,
  prefixes,
  type Quoted,
  quotedAt,
  syntax,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

export const RUBY = syntax(
  {
    opens: '^=begin\\b',
    kind: 'comment',
    end: (text, from) => {
      const close = /^=end\b.*/gm;
      close.lastIndex = from;
      return close.test(text) ? close.lastIndex : text.length;
    },
  },
  lineComment('(?<![^\\s;({\\[,])#(?!\\{)'),
  heredoc('<<[~-]?'),
  lineString('"'),
  lineString("'"),
);

const WORD =
  /(?:(?<![\w$.:-])|(?<=\bKernel\.))(?:require|load|autoload|gem)(?![\w-])|\bGem\.install(?!\w)|\.add_(?:runtime_|development_)?dependency(?!\w)/g;
const OPEN = /\(/y;
/** `%q(x)`, `%w[x]` and the like. */
const PERCENT = /%[qQwW]?([([{<|])\s{0,20}([^\s)\]}>|]{1,300})\s{0,20}[)\]}>|]/y;
const SYMBOL = /:\w+\s{0,20},/y;
const VERSION = /\s{0,20},\s{0,20}(?:version:\s{0,5})?["']([^"'\n]{1,100})["']/y;

export const ruby: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, RUBY, mixed);
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (code.kindAt(index) === 'comment') continue;
    let at = code.skip(index + word.length, true);
    if (matchAt(OPEN, text, at)) at = code.skip(at + 1);
    if (word === 'autoload' && matchAt(SYMBOL, text, at)) at = code.skip(SYMBOL.lastIndex);
    const name = named(text, at);
    if (!name || /^[./~]|^[a-z]+:/i.test(name.value) || name.value.includes(' ')) continue;
    const isGem = word !== 'require' && word !== 'load' && word !== 'autoload';
    const version = isGem && matchAt(VERSION, text, name.after);
    found.push(
      ...mention(
        'gem',
        isGem ? 'manifest' : 'import',
        prefixes(name.value.replace(/\.rb$/, ''), '/'),
        name.start,
        name.end,
        version ? version[1] : null,
      ),
    );
  }
  return found;
};

function named(text: string, at: number): Quoted | null {
  const percent = text[at] === '%' ? matchAt(PERCENT, text, at) : null;
  if (!percent) return quotedAt(text, at);
  const value = percent[2] as string;
  const start = text.indexOf(value, at + 2);
  return { value, start, end: start + value.length, after: PERCENT.lastIndex };
}
