import { inside, mention, type Reader } from './found.ts';
import { Code, lineComment, lineString, matchAt, nestedComment, syntax } from './lex.ts';
import type { PackageMention } from './mention.ts';

export const RUST = syntax(
  lineComment('//'),
  nestedComment,
  {
    opens: '\\b(?:b|c)?r#{0,20}"',
    kind: 'block',
    end: (text, from, opener) => {
      const close = `"${'#'.repeat(opener.split('#').length - 1)}`;
      const at = text.indexOf(close, from);
      return at === -1 ? text.length : at + close.length;
    },
  },
  lineString('"'),
  // A lifetime such as `'a` opens nothing.
  { opens: "'(?:\\\\[^\\n\\r']{1,10}|[^\\\\\\n\\r'])'", kind: 'line', end: (_, from) => from },
);

const USE = /(?<![\w$-])use(?![\w-])/g;
const EXTERN = /\bextern\s{1,50}crate\s{1,50}(?:r#)?([\p{L}_][\p{L}\p{N}_]{0,200})/gu;
const NAME = /(?:r#)?([\p{L}_][\p{L}\p{M}\p{N}_]*)/uy;
const SEPARATOR = /::/y;
/** `use` may stand behind these. */
const VISIBILITY = /(?:^|[\s;{}\])])pub(?:\s{0,20}\([^()\n]{1,100}\))?\s{0,50}$/;
/** Groups inside of groups. */
const DEPTH = 40;
/** Paths that begin with these stay in the crate. */
const OWN = new Set(['crate', 'self', 'super']);

/** What stands before a group. */
interface Path {
  crate: string;
  path: string;
  parts: number;
}
const ROOT: Path = { crate: '', path: '', parts: 0 };

export const rust: Reader = (text, mixed, open) => {
  const found: PackageMention[] = [];
  const code = new Code(text, RUST, mixed);
  /** Names that stand for something other than a crate from here on. */
  const own = new Map<string, number>();
  const call = (name: string, at: number) => own.set(name, Math.min(at, own.get(name) ?? at));
  const add = (crate: string, names: readonly string[], start: number, end: number) => {
    if (!OWN.has(crate)) found.push(...mention('cargo', 'import', names, start, end));
  };
  const alias = (at: number) => {
    const name = matchAt(AS, text, at)?.[1];
    if (name === undefined) return at;
    call(name, at);
    return code.skip(AS.lastIndex);
  };
  /** A path or group from `at`, below `parent`; where it ends. */
  const tree = (from: number, parent: Path, depth: number): number => {
    let at = matchAt(SEPARATOR, text, from) ? code.skip(from + 2) : from;
    const start = at;
    let { crate, path, parts } = parent;
    let last = '';
    /** From the longest. */
    const names: string[] = [];
    let end = at;
    while (parts < DEPTH) {
      const name = matchAt(NAME, text, at)?.[1];
      if (name === undefined) break;
      path = parts === 0 ? name : `${path}::${name}`;
      if (parts === 0) crate = name;
      last = name;
      names.unshift(path);
      parts++;
      end = NAME.lastIndex;
      const next = code.skip(end);
      if (next === text.length) open.push({ start, end });
      if (!matchAt(SEPARATOR, text, next)) break;
      end = next + 2;
      at = code.skip(end);
    }
    if (end > start) add(crate, names, start, end);
    if (parts > 1 && last !== '') call(last, start);
    at = code.skip(end);
    if (text[at] === '*') return code.skip(at + 1);
    if (text[at] !== '{' || depth >= DEPTH) return at;
    for (at = code.skip(at + 1); ; ) {
      if (text[at] === '}') return code.skip(at + 1);
      const before = at;
      at = tree(at, { crate, path, parts }, depth + 1);
      at = alias(at);
      if (text[at] === ',') at = code.skip(at + 1);
      else if (text[at] !== '}' || at === before) return text[at] === '}' ? code.skip(at + 1) : at;
    }
  };
  let done = 0;
  for (const { 1: name = '', index } of text.matchAll(MODULE)) call(name, index);
  for (const { index } of text.matchAll(USE)) {
    if (index < done) continue;
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line') continue;
    if (!code.begins(index, ';{}])') && !VISIBILITY.test(text.slice(Math.max(0, index - 180), index)))
      continue;
    done = alias(tree(code.skip(index + 'use'.length), ROOT, 0));
  }
  const isRead = inside(found);
  for (const match of text.matchAll(EXTERN)) {
    const name = match[1] as string;
    const end = match.index + match[0].length;
    if (code.kindAt(match.index) !== 'comment') add(name, [name], end - name.length, end);
  }
  const begins = mixed ? text.search(FUNCTION) : 0;
  for (const match of begins === -1 ? [] : text.matchAll(PATH)) {
    const name = match[1] as string;
    const at = match.index + match[0].indexOf(name);
    if (at < begins || STANDARD.has(name) || (own.get(name) ?? at) < at || isRead(at)) continue;
    if (code.kindAt(at) === 'code') add(name, [name], at, at + name.length);
  }
  return found;
};

/** A path in the middle of code: a crate needs no `use`. */
const PATH = /(?<![\p{L}\p{M}\p{N}_:$.>])(?:::)?([a-z_][a-z0-9_]{0,100})::(?=[A-Za-z_<{])/gu;
const AS = /as\s+([\p{L}_][\p{L}\p{N}_]*)/uy;
const MODULE = /\bmod\s{1,20}([a-z_][a-z0-9_]{0,100})\s{0,20}[;{]/g;
/** The language's own, and modules of its library, which fragments of code call without the `use` that stood before. */
const STANDARD = new Set(
  (
    'crate self super std core alloc bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 ' +
    'any array ascii borrow boxed cell clone cmp collections convert default env error ffi fmt fs future hash hint ' +
    'io iter marker mem net num ops option os panic path pin process ptr rc result slice string sync task thread time vec'
  ).split(' '),
);
/** By which a text of unknown language is told to be Rust from there on. */
const FUNCTION = /\bfn\s{1,20}\w|#!?\[\w/;
