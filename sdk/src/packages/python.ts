import { mention, type Reader } from './found.ts';
import {
  beginsInString,
  blockString,
  Code,
  lineComment,
  lineString,
  matchAt,
  prefixes,
  quotedAt,
  syntax,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

/** Prefixes such as `rb"`; a triple quote before a single one. */
const PREFIX = '[rbfutRBFUT]{0,2}';
export const PYTHON = syntax(
  lineComment('#'),
  blockString('"""', '"""'),
  blockString("'''", "'''"),
  lineString('"', PREFIX),
  lineString("'", PREFIX),
);

const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;
const STATEMENT = /\b(?:c?import|from)(?![\p{L}\p{N}_-])/gu;
const DYNAMIC =
  /\b(?:__import__|import_module|importorskip|find_spec|run_module|pkg_resources\s{0,5}\.\s{0,5}require|(?:micropip|piplite)\s{0,5}\.\s{0,5}install)\s{0,20}\(\s{0,50}(?:(?:name|requirements)\s{0,5}=\s{0,5})?(?:\[\s{0,50})?[rbufRBUF]{0,2}/g;
const RENAMED =
  /\bimport_module\s{1,20}as\s{1,20}([A-Za-z_]\w{0,100})|(?<![\w.])([A-Za-z_]\w{0,100})\s{0,20}=\s{0,20}(?:importlib\s{0,5}\.\s{0,5}import_module|__import__)(?!\w|\s{0,20}\()/g;
const RENAMED_MOST = 100;
/** What a requirement says behind the name. */
const REQUIRED = /\s{0,20}[[=<>!~;@].*$/s;
/** Python 3.15 (PEP 810). */
const LAZY = /(?<!\w)lazy[ \t]{1,20}$/;
/** No name is called so: one where a name is expected ends the statement. */
const KEYWORD = /^(?:import|cimport|from|as|def|class|return|if|for|while|with|try|except|and|or|not|in|is)$/;
/** Between the parts of a dotted name. */
const DOT = /[ \t]*\.[ \t]*/y;

interface Dotted {
  name: string;
  start: number;
  end: number;
}

/** `a . b` is `a.b` to Python, and so is what is compatible to it (NFKC). */
function dottedAt({ text }: Code, at: number): Dotted | null {
  const parts: string[] = [];
  let end = at;
  for (let from = at; parts.length < 40; ) {
    const part = matchAt(NAME, text, from)?.[0];
    if (part === undefined || (parts.length === 0 && KEYWORD.test(part))) break;
    parts.push(part.normalize('NFKC'));
    end = from + part.length;
    if (!matchAt(DOT, text, end)) break;
    from = DOT.lastIndex;
  }
  return parts.length === 0 ? null : { name: parts.join('.'), start: at, end };
}

const AS = /as\s+[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;

/** Names separated by commas from `at`; calls `each` for every one and returns where the list ends. */
function list(code: Code, at: number, inLine: boolean, each: (name: Dotted) => void): number {
  for (let from = code.skip(at, inLine); ; ) {
    const name = dottedAt(code, from);
    if (!name) return from;
    each(name);
    from = code.skip(name.end, inLine);
    if (matchAt(AS, code.text, from)) from = code.skip(AS.lastIndex, inLine);
    if (code.text[from] !== ',') return from;
    from = code.skip(from + 1, inLine);
  }
}

const IMPORT = /c?import(?![\p{L}\p{N}_])/uy;

export const python: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, PYTHON, mixed);
  const add = (name: string, { start, end }: Dotted, from = 1) =>
    found.push(...mention('pypi', 'import', prefixes(name, '.', from), start, end));
  let done = 0;
  for (const { 0: word, index } of text.matchAll(STATEMENT)) {
    const lazy = LAZY.exec(text.slice(Math.max(0, index - 26), index))?.[0].length ?? 0;
    if (index < done || !begins(code, index - lazy)) continue;
    const at = code.skip(index + word.length, true);
    if (word !== 'from') {
      done = list(code, at, true, (name) => add(name.name, name));
      continue;
    }
    const parent = dottedAt(code, at);
    if (!parent) continue;
    const verb = code.skip(parent.end, true);
    if (!matchAt(IMPORT, text, verb)) continue;
    const names = code.skip(IMPORT.lastIndex, true);
    add(parent.name, parent);
    const open = text[names] === '(';
    const depth = parent.name.split('.').length + 1;
    done = list(code, open ? names + 1 : names, !open, (name) =>
      add(`${parent.name}.${name.name}`, name, depth),
    );
  }
  for (const { 0: call, index } of dynamicCalls(text)) {
    if (code.kindAt(index) === 'comment') continue;
    for (let name = quotedAt(text, index + call.length); name; ) {
      const bare = name.value.normalize('NFKC').replace(REQUIRED, '');
      if (!bare.startsWith('.'))
        found.push(...mention('pypi', 'import', prefixes(bare, '.'), name.start, name.end));
      // Only what installs takes a list.
      const comma = call.includes('[') ? code.skip(name.after) : -1;
      name = text[comma] === ',' ? quotedAt(text, code.skip(comma + 1)) : null;
    }
  }
  return found;
};

/** Also of what bears another name from some place on. */
function* dynamicCalls(text: string): Generator<RegExpExecArray> {
  yield* text.matchAll(DYNAMIC);
  if (!/import_module|__import__/.test(text)) return;
  const renamed = new Map<string, number>();
  for (const { 1: as, 2: name, index } of text.matchAll(RENAMED)) {
    const own = as ?? name ?? '';
    if (!renamed.has(own) && renamed.size < RENAMED_MOST) renamed.set(own, index);
  }
  if (renamed.size === 0) return;
  const calls = new RegExp(String.raw`(?<![\w.])(${[...renamed.keys()].join('|')})\s{0,20}\(\s{0,50}`, 'g');
  for (const call of text.matchAll(calls)) if ((renamed.get(call[1] as string) ?? 0) < call.index) yield call;
}

/** A prompt of IPython. */
const PROMPT = /(?:^|[\n\r])[ \t]{0,40}In \[\d{0,6}\]:$/;

/** In a text that is written to be run, too: `python -c "import x"`, or a program in a string of several lines. */
function begins(code: Code, at: number): boolean {
  const kind = code.kindAt(at);
  if (kind === 'comment') return false;
  if (kind === 'line') return beginsInString(code, at);
  const { text } = code;
  return code.begins(at, ';:') || PROMPT.test(text.slice(Math.max(0, at - 60), at).trimEnd());
}
