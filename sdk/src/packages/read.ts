import type { Ecosystem } from './ecosystems.ts';
import { extractInstalls } from './installs.ts';
import type { PackageMention } from './mention.ts';

/**
 * Package names that code brings in, found lexically (no parser: completions are often fragments).
 * Every expression is anchored or bounded, so hostile text costs time linear in its length.
 */

const imported = (ecosystem: Ecosystem, names: string[], start: number, end: number): PackageMention => ({
  ecosystem,
  names,
  version: null,
  how: 'import',
  start,
  end,
});

type Extract = (text: string) => PackageMention[];

function prefixes(name: string, separator: string, from = 1): string[] {
  if (!name.includes(separator)) return from > 1 ? [] : [name];
  const parts = name.split(separator);
  const names: string[] = [];
  for (let n = parts.length; n >= from; n--) names.push(parts.slice(0, n).join(separator));
  return names;
}

/**
 * All matches of `pattern`; group 1 is the name, `toNames` says what it may be listed as. The name ends where the match
 * ends, but for a closing quote: so its place is known without the indices that make an expression twice as slow.
 */
function scan(
  text: string,
  pattern: RegExp,
  toNames: (name: string) => string[],
  ecosystem: Ecosystem,
): PackageMention[] {
  const found: PackageMention[] = [];
  for (const match of text.matchAll(pattern)) {
    const name = match[1] ?? '';
    const end = match.index + match[0].length - (/["'`]$/.test(match[0]) ? 1 : 0);
    const names = toNames(name);
    if (names.length > 0) found.push(imported(ecosystem, names, end - name.length, end));
  }
  return found;
}

/** Names separated by commas inside `list`, which begins at `offset` of the whole text. */
function* listed(list: string, offset: number): Generator<{ name: string; start: number; end: number }> {
  for (const item of list.matchAll(/(?<=^|[,(])[\s\\]{0,500}([^\s,()\\#]{1,300})/g)) {
    const name = item[1] ?? '';
    const end = offset + item.index + item[0].length;
    yield { name, start: end - name.length, end };
  }
}

// A statement may follow `;`, `:` or the prompt of a console session.
const PY_IMPORT = /(?:^|[;:])[ \t]*(?:>>> ?|\.\.\. ?)?import[ \t]+([^\n\r;#]{1,2000})/gm;
const PY_FROM =
  /(?:^|[;:])[ \t]*(?:>>> ?|\.\.\. ?)?from[ \t]+([\w.]{1,300})[ \t]+import[ \t]*(?=[^\n\r;#])/gm;
const PY_DYNAMIC = /\b(?:__import__|import_module)\(\s{0,20}['"]([\w.]{1,300})['"]/g;

/** A list is read across so many statements that seem to begin inside of it: each name is read no more often. */
const NESTED = 4;
/** Characters of a list that are read. */
const LISTED = 1_000;

/** The list that begins at `from`: to the closing bracket or to the end of the line. */
function listAt(text: string, from: number, until: number): string {
  const list = text.slice(from, Math.min(until, from + LISTED));
  const end = list.search(list.startsWith('(') ? /\)/ : /[\n\r;#]/);
  return end === -1 ? list : list.slice(0, end);
}

function python(text: string): PackageMention[] {
  const found: PackageMention[] = [];
  for (const match of text.matchAll(PY_IMPORT)) {
    const list = match[1] ?? '';
    for (const { name, start, end } of listed(list, match.index + match[0].length - list.length)) {
      found.push(imported('pypi', prefixes(name, '.'), start, end));
    }
  }
  const froms = [...text.matchAll(PY_FROM)];
  for (const [index, match] of froms.entries()) {
    const parent = match[1] ?? '';
    if (parent.startsWith('.')) continue;
    const start = text.indexOf(parent, text.indexOf('from', match.index) + 'from'.length);
    found.push(imported('pypi', prefixes(parent, '.'), start, start + parent.length));
    const from = match.index + match[0].length;
    const until = froms[index + NESTED]?.index ?? text.length;
    for (const { name, start, end } of listed(listAt(text, from, until), from)) {
      found.push(imported('pypi', [`${parent}.${name}`], start, end));
    }
  }
  return found.concat(scan(text, PY_DYNAMIC, (name) => prefixes(name, '.'), 'pypi'));
}

/** `@s/p/x` → `@s/p/x`, `@s/p`; `npm:p@1` → `p`; relative paths and `#internal` names are nobody's package. */
function npmNames(specifier: string): string[] {
  if (/^[./#~]/.test(specifier)) return [];
  const bare = specifier.replace(/^(?:npm|node|jsr):/, '');
  const scoped = bare.startsWith('@');
  const unversioned = bare.replace(/(?<=.)@[^/]*/, '');
  const names = prefixes(unversioned, '/', scoped ? 2 : 1);
  return bare === specifier ? names : [specifier, ...names];
}

const JS_FROM = /\bfrom\s{0,20}['"]([^'"\n\r]{1,300})['"]/g;
const JS_CALL = /\b(?:require(?:\.resolve)?|import)\s{0,20}\(\s{0,50}['"`]([^'"`\n\r]{1,300})['"`]/g;
const JS_BARE = /\bimport\s{0,20}['"]([^'"\n\r]{1,300})['"]/g;
const JS_TS_REQUIRE = /\b(?:reference\s{1,5}types=)['"]([^'"\n\r]{1,300})['"]/g;

const javascript: Extract = (text) =>
  [JS_FROM, JS_CALL, JS_BARE, JS_TS_REQUIRE].flatMap((pattern) => scan(text, pattern, npmNames, 'npm'));

const GO_ONE = /^[ \t]*import[ \t]+(?:[\w.]{1,100}[ \t]+)?["`]([^"`\n]{1,300})["`]/gm;
const GO_BLOCK = /^[ \t]*import[ \t]*\(([^)]{0,4000})/gm;

function go(text: string): PackageMention[] {
  const found = scan(text, GO_ONE, (name) => prefixes(name, '/'), 'golang');
  for (const block of text.matchAll(GO_BLOCK)) {
    const list = block[1] ?? '';
    const offset = block.index + block[0].length - list.length;
    const inside = scan(
      list,
      /^[^"`\n/]{0,100}["`]([^"`\n]{1,300})["`]/gm,
      (name) => prefixes(name, '/'),
      'golang',
    );
    for (const item of inside) found.push({ ...item, start: item.start + offset, end: item.end + offset });
  }
  return found;
}

const JVM_IMPORT = /(?:^|;)[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]{1,300})/gm;
const jvm: Extract = (text) =>
  scan(text, JVM_IMPORT, (name) => prefixes(name.replace(/\.$/, ''), '.'), 'maven');

const CS_USING =
  /(?:^|;)[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?(?:\w{1,100}[ \t]*=[ \t]*)?([\w.]{1,300})(?=[ \t]*;)/gm;
const csharp: Extract = (text) => scan(text, CS_USING, (name) => prefixes(name, '.'), 'nuget');

const RUST_USE = /(?:^|[;{}])[ \t]*(?:pub(?:\([^)\n]{1,50}\))?[ \t]+)?use[ \t]+(?:::)?([\w:]{1,300})/gm;
const RUST_EXTERN = /\bextern[ \t]+crate[ \t]+(\w{1,200})/g;
const RUST_GROUP = /^[ \t]*use[ \t]*\{([^;]{0,4000})/gm;

function rust(text: string): PackageMention[] {
  const names = (path: string) => prefixes(path.replace(/:+$/, ''), '::');
  const found = [...scan(text, RUST_USE, names, 'cargo'), ...scan(text, RUST_EXTERN, names, 'cargo')];
  for (const group of text.matchAll(RUST_GROUP)) {
    const list = group[1] ?? '';
    for (const { name, start } of listed(list, group.index + group[0].length - list.length)) {
      const path = /^[\w:]+/.exec(name)?.[0];
      if (path) found.push(imported('cargo', names(path), start, start + path.length));
    }
  }
  return found;
}

const PHP_USE = /(?:^|;)[ \t]*use[ \t]+(?:function[ \t]+|const[ \t]+)?\\?([\w\\]{1,300})/gm;
const php: Extract = (text) =>
  scan(text, PHP_USE, (name) => prefixes(name.replace(/\\$/, ''), '\\'), 'composer');

const RUBY_REQUIRE = /\b(?:require|gem)[ \t]*\(?[ \t]*['"]([^'"\n\r]{1,300})['"]/g;
const ruby: Extract = (text) =>
  scan(text, RUBY_REQUIRE, (name) => (/^[./]/.test(name) ? [] : prefixes(name, '/')), 'gem');

/** Without one of its words there is nothing for an extractor to read: one cheap look instead of many. */
const where =
  (words: RegExp, extract: Extract): Extract =>
  (text) =>
    words.test(text) ? extract(text) : [];

const EVERY: readonly Extract[] = [
  where(/import/, python),
  where(/from|require|import|types=/, javascript),
  where(/import/, go),
  where(/import/, jvm),
  where(/using/, csharp),
  where(/use|crate/, rust),
  where(/use/, php),
  where(/require|gem/, ruby),
];
const NONE: readonly Extract[] = [];

const BY_LANGUAGE = new Map<string, readonly Extract[]>();
const register = (names: string, extract: readonly Extract[]) => {
  for (const name of names.split(' ')) BY_LANGUAGE.set(name, extract);
};
register('python py python3 ipython cython', [python]);
register('javascript js jsx mjs cjs typescript ts tsx javascriptreact typescriptreact vue svelte astro', [
  javascript,
]);
register('go golang', [go]);
register('java kotlin kt scala groovy', [jvm]);
register('csharp c# cs', [csharp]);
register('rust rs', [rust]);
register('php', [php]);
register('ruby rb', [ruby]);
register('shell bash sh zsh fish powershell console shellscript dockerfile makefile', NONE);

/**
 * Packages that `text` imports or installs. A language without an entry (chat, markdown, absent) is read
 * with every extractor, so that leaving the language out cannot hide a package.
 */
export function readPackages(text: string, language?: string | null): PackageMention[] {
  const extractors = (language && BY_LANGUAGE.get(language.toLowerCase())) || EVERY;
  return extractors.flatMap((extract) => extract(text)).concat(extractInstalls(text));
}
