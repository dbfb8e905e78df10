import { mention, type Reader } from './found.ts';
import {
  beginsInString,
  blockComment,
  Code,
  lineComment,
  lineString,
  matchAt,
  type Opener,
  prefixes,
  type Quoted,
  quotedAt,
  syntax,
  template,
} from './lex.ts';
import type { PackageMention } from './mention.ts';

const LITERAL = /(?:[^/\\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+\/[a-z]*/y;
const OPERAND = /[\w$\]"'`<]/;
const BEFORE_LITERAL =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|await|yield|instanceof|new|throw)$/;

/**
 * A regular expression: what stands in it opens no comment. Behind a closing bracket it may be a division; taking that for
 * an expression hides nothing, because a string hides no call and a statement does not follow on a division's line.
 */
const literal: Opener = {
  opens: '/(?![/*])',
  kind: 'line',
  end: (text, from, _, at) => {
    const before = text.slice(Math.max(0, at - 60), at).trimEnd();
    if (OPERAND.test(before.at(-1) ?? '') && !BEFORE_LITERAL.test(before)) return -1;
    return matchAt(LITERAL, text, from) ? LITERAL.lastIndex : -1;
  },
};

export const JAVASCRIPT = syntax(
  lineComment('//', /[\n\r\u2028\u2029]/g),
  blockComment('/\\*', '*/'),
  lineString('"'),
  lineString("'"),
  template,
  literal,
);

const SPECIFIER = /^(@[^/@]+\/[^/@]+|[^/@]+)(?:@([^/]*))?((?:\/.*)?)$/;
/** What hosts serve packages of npm under, up to the name. */
const CDN =
  /^(?:https?:)?\/\/(?:(?:www\.)?(?:unpkg\.com|esm\.sh|esm\.run|cdn\.skypack\.dev|ga\.jspm\.io\/npm:|jspm\.dev\/(?:npm:)?|(?:cdn|fastly|gcore)\.jsdelivr\.net\/npm))\/?(?:v\d+\/|stable\/|pin\/|-\/)?/;

/**
 * `@s/p/x` → `@s/p/x`, `@s/p`; `npm:p@1` → the same and `p`; relative paths and `#internal` names are nobody's package.
 */
export function npmNames(specifier: string): { names: string[]; version: string | null } {
  const none = { names: [], version: null };
  const bare = specifier
    .replace(CDN, '')
    .replace(/^(?:npm|node|jsr):\/?/, '')
    .replace(/[?#].*$/, '');
  if (/^[./#~\\$\s]|^[a-z][a-z+.-]*:|^[A-Za-z]:\\|[\s"'{}()<>,;]/i.test(bare)) return none;
  const [, name, version, path = ''] = SPECIFIER.exec(bare) ?? [];
  if (name === undefined) return none;
  const whole = prefixes(`${name}${path}`, '/', name.startsWith('@') ? 2 : 1);
  return { names: bare === specifier ? whole : [specifier, ...whole], version: version || null };
}

const STATEMENT =
  /(?<![\w$-])(?:import\.meta\.resolve|from|import|require(?:js)?|define|importScripts|(?:jest|vi)\.(?:do)?[mM]ock|requireActual|importActual)(?![\w$-])/g;
/** What stands before `from` in SQL, in Python and in sentences, and never in JavaScript; a comment may hold anything. */
const NO_CLAUSE =
  /(?:(?:(?<![\w$])(?![nrt]?(?:import|export|type|typeof|defer|source|as|module|lazy)\s)[\w$]+|["')\]])\s+|[,(=.<>+:-]\s*|(?<!\*\s*)\bas\s+)(?!(?:import|export)\s)[\w$]+\s+$|(?<!(?:export|type)\s*|\/\s*)\*\s*$|(?<![\w$])(?:delete|yield)\s+$|[)\]]\s*$|(?<!\bas\s+["'][^"'\n]{0,60})["']\s+$/;
const BEFORE = 80;

const isClause = (text: string, at: number): boolean => {
  const before = text.slice(Math.max(0, at - BEFORE), at);
  if (/\/[/*]|\\/.test(before)) return true;
  const sign = NO_CLAUSE.exec(before);
  // What begins where the look back ends may be the rest of `import`.
  return !sign || (sign.index === 0 && at > BEFORE);
};

/** What Node makes of a file's address: a function that requires, by whatever name. */
const CREATE = String.raw`(?:[\w$]{1,100}\.)?createRequire\s{0,20}\(`;
const MADE = new RegExp(
  String.raw`(?<![\w$.])([A-Za-z_$][\w$]{0,100})\s{0,20}(?::\s{0,20}[\w$.]{1,100}\s{0,20})?=\s{0,20}(?:${CREATE}|(?:module\.)?require\s{0,20}[;,\n])`,
  'g',
);
const MADE_MOST = 100;
const AT_ONCE = String.raw`${CREATE}[^\n]{0,200}?\)`;
const CALL = /\)?(?:\?\.|\.resolve)?\s{0,20}\(/y;
const REFERENCE = /\breference\s{1,5}types\s{0,5}=\s{0,5}(?=["'])/g;
const TAG = /(?:\bsrc|\bhref|@import(?:\s{1,5}url\()?)\s{0,5}=?\s{0,5}(?=["'](?:https?:)?\/\/)/g;

export const javascript: Reader = (text, mixed) => {
  const found: PackageMention[] = [];
  const code = new Code(text, JAVASCRIPT, mixed);
  const add = (at: number): Quoted | null => {
    const quoted = quotedAt(text, at);
    if (!quoted) return null;
    // webpack: `style-loader!css-loader!./x.css`
    for (const one of quoted.value.split('!')) {
      const { names, version } = npmNames(one);
      found.push(...mention('npm', 'import', names, quoted.start, quoted.end, version));
    }
    return quoted;
  };
  for (const { 0: word, index } of text.matchAll(STATEMENT)) {
    const after = index + word.length;
    const kind = code.kindAt(index);
    if (kind === 'comment') continue;
    if (word === 'from' || word === 'import') {
      const at = code.skip(after);
      if (/["'`\\]/.test(text[at] ?? '')) {
        if (word === 'from' && !isClause(text, index)) continue;
        if (text[index - 1] !== '.' && (kind !== 'line' || inProgram(code, index))) add(at);
        continue;
      }
      if (word === 'from' || text[at] !== '(') continue;
    }
    const from = code.skip(after);
    if (!matchAt(CALL, text, from)) continue;
    let at = code.skip(CALL.lastIndex);
    // AMD takes a list, perhaps behind the module's own name.
    if (word === 'define' && text[at] !== '[') {
      const own = quotedAt(text, at);
      at = own ? code.skip(own.after) : at;
      at = text[at] === ',' ? code.skip(at + 1) : at;
      if (text[at] !== '[') continue;
    }
    if (text[at] !== '[') add(at);
    else
      for (let item = add(code.skip(at + 1)); item; ) {
        const comma = code.skip(item.after);
        item = text[comma] === ',' ? add(code.skip(comma + 1)) : null;
      }
  }
  for (const at of madeCalls(text)) if (code.kindAt(at - 1) !== 'comment') add(code.skip(at));
  for (const { 0: word, index } of text.matchAll(REFERENCE)) add(index + word.length);
  for (const { 0: word, index } of text.matchAll(TAG))
    if (code.kindAt(index) !== 'comment') add(index + word.length);
  return found;
};

/** Behind the bracket of `createRequire(…)("x")`, and of calls of what it has made before. */
function* madeCalls(text: string): Generator<number> {
  if (!/createRequire|=\s{0,20}(?:module\.)?require\s{0,20}[;,\n]/.test(text)) return;
  const made = new Map<string, number>();
  for (const { 1: name = '', index } of text.matchAll(MADE))
    if (!made.has(name) && made.size < MADE_MOST) made.set(name, index);
  const names = [...made.keys()].map((name) => name.replaceAll('$', '\\$'));
  const own = names.length === 0 ? '' : `|(?<![\\w$.])(${names.join('|')})(?![\\w$])`;
  for (const match of text.matchAll(
    new RegExp(`(?:${AT_ONCE}${own})(?:\\.resolve)?\\s{0,20}\\((?=\\s{0,20}["'\x60])`, 'g'),
  )) {
    if ((made.get(match[1] ?? '') ?? -1) < match.index) yield match.index + match[0].length;
  }
}

/** In a string that holds a program, at any place of a statement that begins in it. */
function inProgram(code: Code, at: number): boolean {
  const region = code.regionAt(at);
  if (!region) return false;
  const from = Math.max(region.start, at - 500);
  const begin = code.text.slice(from, at + 6).search(/(?<=["'`;]|\\n)[ \t]{0,20}(?:import|export)\b/);
  return (
    begin !== -1 &&
    beginsInString(
      code,
      from + begin + (/^[ \t]*/.exec(code.text.slice(from + begin, at + 6))?.[0].length ?? 0),
    )
  );
}
