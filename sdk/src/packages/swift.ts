import { mention, type Reader } from './found.ts';
import {
  blockString,
  Code,
  lineComment,
  lineString,
  matchAt,
  nestedComment,
  prefixes,
  quotedAt,
  syntax,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

export const SWIFT = syntax(lineComment('//'), nestedComment, blockString('"""', '"""'), lineString('"'));

const IMPORT = /(?<![\w$-])import(?![\w-])/g;
const ATTRIBUTE = /@\w{1,60}(?:\([^()\n]{0,100}\))?[ \t]{0,20}$/;
const ACCESS = /(?:^|[\s;])(?:public|internal|private|fileprivate|package)[ \t]{1,20}$/;
const KIND = /(?:struct|class|enum|protocol|func|var|let|typealias)(?=\s)/y;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{M}\p{N}_]*){0,20}/uy;
const PACKAGE = /\.package\s{0,20}\(/g;
/** `name: "x",` before the place. */
const LABEL = /(name|url|id|path)\s{0,20}:\s{0,20}/y;
const FROM =
  /,\s{0,50}(?:(?:from|exact|branch|revision)\s{0,10}:\s{0,10}|\.(?:upToNextMajor|upToNextMinor|exact)\s{0,5}\((?:from:)?\s{0,5})?"([^"\n]{1,100})"/y;

/** `https://github.com/acme/kit.git` → the path, owner and name, and the name. */
export function repositoryNames(url: string): string[] {
  const path = url
    .replace(/^[a-z+]+:\/\/(?:[^@/]*@)?|^git@/i, '')
    .replace(':', '/')
    .replace(/\.git(?:#.*)?$|\/+$/, '');
  const parts = path.split('/');
  return parts.length < 2 ? [path] : [path, parts.slice(-2).join('/'), parts.at(-1) ?? ''];
}

export const swift: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, SWIFT, mixed);
  for (const { 0: word, index } of text.matchAll(IMPORT)) {
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line') continue;
    const before = text.slice(Math.max(0, index - 180), index);
    if (!code.begins(index, ';') && !ATTRIBUTE.test(before) && !ACCESS.test(before)) continue;
    let at = code.skip(index + word.length, true);
    if (matchAt(KIND, text, at)) at = code.skip(KIND.lastIndex, true);
    const name = matchAt(NAME, text, at)?.[0];
    if (name !== undefined)
      found.push(...mention('swift', 'import', prefixes(name, '.'), at, NAME.lastIndex));
  }
  for (const { 0: call, index } of text.matchAll(PACKAGE)) {
    if (code.kindAt(index) === 'comment') continue;
    let at = code.skip(index + call.length);
    for (let label = matchAt(LABEL, text, at); label; label = matchAt(LABEL, text, at)) {
      const value = quotedAt(text, LABEL.lastIndex);
      if (!value) break;
      const version = matchAt(FROM, text, value.after)?.[1] ?? null;
      const names = label[1] === 'url' ? repositoryNames(value.value) : [value.value];
      if (label[1] !== 'path')
        found.push(...mention('swift', 'manifest', names, value.start, value.end, version));
      at = code.skip(value.after);
      if (text[at] !== ',') break;
      at = code.skip(at + 1);
    }
  }
  return found;
};
