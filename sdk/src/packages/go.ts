import { mention, type Reader } from './found.ts';
import {
  blockComment,
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

export const GO = syntax(
  lineComment('//(?!go:generate)'),
  blockComment('/\\*', '*/'),
  lineString('"'),
  { opens: "'(?:\\\\[^\\n\\r]{1,10}|[^\\\\\\n\\r])'", kind: 'line', end: (_, from) => from },
  blockString('`', '`'),
);

const IMPORT = /\bimport(?![\p{L}\p{N}_])/gu;
/** What a package is called in this file: a name, `_` or `.`. */
const ALIAS = /(?:\.|[\p{L}_][\p{L}\p{M}\p{N}_]*)/uy;

/** A package's path and those above it. */
export const goNames = (path: string): string[] => prefixes(path.replace(/\/(?:\.{3})?$/, ''), '/');

export const go: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, GO, mixed);
  /** One spec, from its alias or path; where it ends, or -1 when there is none. */
  const spec = (from: number): number => {
    let at = from;
    if (matchAt(ALIAS, text, at)) at = code.skip(ALIAS.lastIndex);
    const path = /["`\\]/.test(text[at] ?? '') ? quotedAt(text, at) : null;
    if (!path) return -1;
    if (!path.value.startsWith('.'))
      found.push(...mention('golang', 'import', goNames(path.value), path.start, path.end));
    return path.after;
  };
  let done = 0;
  for (const { index } of text.matchAll(IMPORT)) {
    if (index < done) continue;
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line' || !(code.begins(index, ';') || behindPackage(code, index)))
      continue;
    const at = code.skip(index + 'import'.length);
    if (text[at] !== '(') {
      done = Math.max(done, spec(at));
      continue;
    }
    for (let from = code.skip(at + 1); from !== -1; ) {
      done = from;
      while (text[from] === ';') from = code.skip(from + 1);
      const end = spec(from);
      from = end === -1 ? -1 : code.skip(end);
    }
  }
  return found;
};

/** `package p import "x"` is no Go, but `)import "x"` behind a list is. */
const behindPackage = (code: Code, at: number): boolean => code.text[code.before(at)] === ')';
