import { inside, isUsed, mention, type Reader } from './found.ts';
import {
  blockComment,
  blockString,
  Code,
  lineComment,
  lineString,
  matchAt,
  prefixes,
  syntax,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

/** A verbatim string ends at a quote that is not doubled. */
const VERBATIM = /[^"]*(?:""[^"]*)*"?/y;

/** C#, F# and Visual Basic. */
export const DOTNET = syntax(
  lineComment('//'),
  blockComment('/\\*', '*/'),
  blockComment('\\(\\*(?!\\))', '*)'),
  blockString('"""', '"""'),
  {
    opens: '\\$?@\\$?"',
    kind: 'block',
    end: (text, from) => (matchAt(VERBATIM, text, from) ? VERBATIM.lastIndex : from),
  },
  lineString('"'),
  { opens: "'(?:\\\\[^\\n\\r]{1,10}|[^\\\\\\n\\r])'", kind: 'line', end: (_, from) => from },
);

const WORD = /(?<![\w$-])@?(?:using|open|Imports)(?![\w-])/g;
const MODIFIER = /(?:static|unsafe|type)(?=[\s/])/y;
const ALIAS = /[\p{L}_@][\p{L}\p{M}\p{N}_]*\s{0,20}=(?!=)/uy;
const NAME =
  /(?:global\s{0,5}::\s{0,5})?([\p{L}_@][\p{L}\p{M}\p{N}_]*(?:\s{0,20}\.\s{0,20}[\p{L}_@][\p{L}\p{M}\p{N}_]*){0,40})/uy;
/** A name in full in the middle of code, which needs no `using`: of one word it could be anything. */
const QUALIFIED = /(?<![\p{L}\p{M}\p{N}_$.@])(?:[A-Z]\w{0,100}\.){2,20}[A-Z]\w{0,100}(?![\p{L}\p{M}])/gu;
const OWN = /\bnamespace\s{1,10}$/i;
/** `#r "nuget: Name, 1.0"` of scripts and `#:package Name@1.0` of programs in one file. */
const DIRECTIVE =
  /^[ \t]*#(?:r[ \t]+"nuget:[ \t]*([\w.-]{1,300})[ \t]*(?:,[ \t]*([^"\n\r]{1,100}))?"|:package[ \t]+([\w.-]{1,300})(?:[@ \t]+([^\s]{1,100}))?)/gm;

export const dotnet: Reader = (text, mixed, open) => {
  const found: PackageMention[] = [];
  const code = new Code(text, DOTNET, mixed);
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line' || !begins(code, index)) continue;
    let at = code.skip(index + word.length);
    const inLine = !word.endsWith('using');
    for (let modifier = matchAt(MODIFIER, text, at); modifier; modifier = matchAt(MODIFIER, text, at))
      at = code.skip(at + modifier[0].length);
    if (matchAt(ALIAS, text, at)) at = code.skip(ALIAS.lastIndex);
    const name = matchAt(NAME, text, at)?.[1];
    if (name === undefined) continue;
    const end = NAME.lastIndex;
    const after = code.skip(end, inLine);
    if (after === text.length) open.push({ start: end - name.length, end });
    const next = text[after] ?? '';
    // Razor's `@using` and other languages end with the line, C# with a semicolon: `using (var x = y)` brings in nothing.
    if (word === 'using' && next !== ';' && next !== '<') continue;
    const bare = name.replace(/[\s@]/g, '');
    found.push(...mention('nuget', 'import', prefixes(bare, '.'), end - name.length, end));
    // Visual Basic takes a list.
    for (let comma = code.skip(end, true); word === 'Imports' && text[comma] === ','; ) {
      const more = matchAt(NAME, text, code.skip(comma + 1))?.[1];
      if (more === undefined) break;
      const to = NAME.lastIndex;
      found.push(...mention('nuget', 'import', prefixes(more.replace(/\s/g, ''), '.'), to - more.length, to));
      comma = code.skip(to, true);
    }
  }
  const isRead = inside(found);
  for (const { 0: name, index } of text.matchAll(QUALIFIED)) {
    const end = index + name.length;
    if (isRead(index) || OWN.test(text.slice(Math.max(0, index - 24), index))) continue;
    if (code.kindAt(index) !== 'code' || (mixed && !isUsed(text, index, end))) continue;
    found.push(...mention('nuget', 'import', prefixes(name, '.', 2), index, end));
  }
  for (const match of text.matchAll(DIRECTIVE)) {
    const name = match[1] ?? match[3] ?? '';
    const start =
      match.index +
      match[0].indexOf(name, match[0].indexOf(match[1] === undefined ? 'package' : 'nuget:') + 6);
    found.push(
      ...mention('nuget', 'install', [name], start, start + name.length, match[2] ?? match[4] ?? null),
    );
  }
  return found;
};

/** Behind a line's beginning, another statement, or `global`. */
function begins(code: Code, at: number): boolean {
  if (code.begins(at, ';{}')) return true;
  const last = code.before(at) + 1;
  return code.text.endsWith('global', last) && code.begins(last - 'global'.length, ';{}');
}
