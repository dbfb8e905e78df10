import { mention, type Reader } from './found.ts';
import { blockString, Code, lineComment, lineString, matchAt, syntax } from './lex.ts';
import type { PackageMention } from './mention.ts';

export const ELIXIR = syntax(
  lineComment('#(?!\\{)'),
  blockString('"""', '"""'),
  blockString("'''", "'''"),
  lineString('"'),
  lineString("'"),
);

const WORD = /(?<![\w@.:-])(?:alias|import|require|use)(?![\w-])/g;
const MODULE = /[A-Z][A-Za-z0-9_]*(?:\.[A-Z][A-Za-z0-9_]*){0,40}/y;
const GROUP = /\.\{/y;
const ERLANG = /:([a-z]\w{0,200})/y;
/** A dependency of `mix.exs` or `Mix.install`: `{:name, "~> 1.0"}`, `{:name, git: …}`. */
const DEPENDENCY = /\{\s{0,50}:"?([a-z]\w{0,200})"?\s{0,50},\s{0,50}(?:"([^"\n]{0,200})"|[a-z_]{1,40}:)/g;
const INSTALL = /\bMix\.install\s{0,20}\(\s{0,50}\[/g;
const BARE = /:([a-z]\w{0,200})(?=\s{0,50}[,\]])/y;

/** `Acme.HTTP.Client` belongs to the package `acme_http` or `acme`: how modules are called, folded as Hex writes names. */
function moduleNames(name: string): string[] {
  const parts = name.split('.');
  const names: string[] = [];
  for (let n = parts.length; n >= 1; n--) {
    const path = parts.slice(0, n);
    names.push(path.join('.'), path.map(snake).join('_'));
  }
  return names;
}

const snake = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();

export const elixir: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, ELIXIR, mixed);
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const kind = code.kindAt(index);
    if (kind === 'comment' || kind === 'line' || !code.begins(index, ';(>')) continue;
    const at = code.skip(index + word.length, true);
    const erlang = matchAt(ERLANG, text, at);
    if (erlang) found.push(...mention('hex', 'import', [erlang[1] as string], at + 1, ERLANG.lastIndex));
    const name = matchAt(MODULE, text, at)?.[0];
    if (name === undefined) continue;
    const end = MODULE.lastIndex;
    found.push(...mention('hex', 'import', moduleNames(name), at, end));
    if (!matchAt(GROUP, text, end)) continue;
    for (let from = code.skip(GROUP.lastIndex); matchAt(MODULE, text, from); ) {
      const to = MODULE.lastIndex;
      found.push(...mention('hex', 'import', [`${name}.${text.slice(from, to)}`], from, to));
      from = code.skip(to);
      if (text[from] !== ',') break;
      from = code.skip(from + 1);
    }
  }
  const add = (name: string, start: number, version: string | null) =>
    found.push(...mention('hex', 'manifest', [name], start, start + name.length, version));
  for (const match of text.matchAll(DEPENDENCY)) {
    if (code.kindAt(match.index) === 'comment') continue;
    add(match[1] as string, match.index + match[0].indexOf(match[1] as string), match[2] ?? null);
  }
  for (const { 0: call, index } of text.matchAll(INSTALL)) {
    for (let at = code.skip(index + call.length); ; ) {
      const bare = matchAt(BARE, text, at);
      if (!bare) break;
      add(bare[1] as string, at + 1, null);
      const next = code.skip(BARE.lastIndex);
      if (text[next] !== ',') break;
      at = code.skip(next + 1);
    }
  }
  return found;
};
