import type { Ecosystem } from '#sdk/packages/ecosystems';
import { nameProblem } from '#sdk/packages/names';
import { ecosystemOf } from './ecosystem-words.ts';
import { isDefanged, isLink, readLink } from './links.ts';
import { isRefused, type Read, type Refused, type Said } from './list.ts';
import { isPurl, readPurl } from './purl.ts';
import { versionsIn } from './version-words.ts';

/** A name of any registry: a scope, paths as Go and Composer have them, letters, digits and `. _ - + ~`. */
const NAME =
  /^(?:[A-Za-z][\w.-]*:[A-Za-z][\w.-]*(?=[\s@=<>~^(]|$)|@[\w.~-]+\/[\w.~-]+|[A-Za-z0-9_][\w.+~-]*(?:\/[\w.~+-]+)*)/;
/** `flask[async]` */
const EXTRAS = /^\[[A-Za-z][\w.,\s-]*\]/;
const COORDINATE = /^(?<name>[A-Za-z][\w.-]*:[A-Za-z][\w.-]*)(?<rest>(?::[\w.+-]+)*)$/;

/** What looks like one word and is no package, with its name in words; the first that fits. */
const NO_PACKAGES: readonly [RegExp, string][] = [
  [
    /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i,
    'a hash, not a package',
  ],
  [/^(?:md5|sha-?(?:1|224|256|384|512))[:=-]\s*\S+$/i, 'a hash, not a package'],
  [/^(?:\d{1,3}(?:\[?\.\]?)){3}\d{1,3}(?::\d+|\/\d+)?$/, 'an address, not a package'],
  [/^\[?(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\]?$/i, 'an address, not a package'],
  [
    /^(?:CVE-\d{4}-\d{3,}|GHSA(?:-\w{4}){3}|(?:MAL|OSV|PYSEC|RUSTSEC|GO|CWE|SNYK)-[\w-]*\d[\w-]*)$/i,
    'the id of an advisory, not a package',
  ],
  [/^\d{4}-\d\d?-\d\d?(?:T[\d:.Z+-]*)?$/, 'a date, not a package'],
  [/^[\w.+-]+(?:@|\[at\]|\[@\])[\w-]+(?:(?:\.|\[\.\])[A-Za-z][\w-]*)+$/i, 'an e-mail address, not a package'],
  [/^(?:\.{0,2}\/|[A-Za-z]:\\|~\/|\\\\)/, 'a path, not a package'],
  [/^(?:\d{1,5}\/(?:tcp|udp)|port \d+)$/i, 'a port, not a package'],
  [/^<[/!?A-Za-z].*>$/s, 'a piece of HTML or XML, not a package'],
  [/^[vV]?\d+(?:\.[\w*-]+)+(?:[-+][\w.]+)?$/, 'a version without a name'],
];

/** Files that registries hand out, named for the package and its version. */
const ARCHIVES: readonly [RegExp, Said['ecosystem']][] = [
  [/^(?<name>[\w.]+)-(?<version>\d[\w.!+]*)(?:-\d\w*)?-[\w.]+-[\w.]+-[\w.]+\.whl$/, 'pypi'],
  [/^(?<name>[\w-]+)-(?<version>\d[\w.+-]*)\.crate$/, 'cargo'],
  [/^(?<name>[\w.-]+?)-(?<version>\d[\w.]*)\.gem$/, 'gem'],
  [/^(?<name>[\w-]+(?:\.[A-Za-z][\w-]*)*)\.(?<version>\d[\w.+-]*)\.nupkg$/, 'nuget'],
  [/^(?<name>[\w.-]+?)-(?<version>\d[\w.+-]*)\.(?:tgz|tar\.gz|zip|jar|egg)$/, null],
];

/** What the text is instead of a package, told by its form; null where it may be one. */
const otherThing = (text: string): string | null =>
  NO_PACKAGES.find(([form]) => form.test(text))?.[1] ?? null;

/** What a list says of a package; refused where it is something else, or by the same reason as in a rule. */
export function checked(said: Said): Read {
  const why = otherThing(said.name) ?? nameProblem(said.name, said.ecosystem ?? undefined);
  return why === null ? said : { why };
}

/** A package whose name stands in two fields, as its registry writes it: `@a` `b`, `org.a` `b`, `vendor` `b`. */
export function joinedName(group: string, name: string, ecosystem: Ecosystem | null): string {
  if (group.startsWith('@')) return `${group}/${name}`;
  if (ecosystem === 'npm') return `@${group}/${name}`;
  return `${group}${ecosystem === null || ecosystem === 'maven' ? ':' : '/'}${name}`;
}

const refusal = (text: string): Refused => ({
  why: otherThing(text) ?? nameProblem(text) ?? 'no name of a package',
});

const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;
const WRAPS: readonly [string, string][] = [
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”'],
  ['‘', '’'],
  ['<', '>'],
  ['**', '**'],
  ['__', '__'],
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
];

/** Without the quotes, brackets and signs that stand around an entry. */
export function bareOf(text: string): string {
  let bare = text.replace(INVISIBLE, '').replaceAll('\u00a0', ' ').trim();
  for (let before = ''; before !== bare; ) {
    before = bare;
    bare = bare
      .replace(/^[,;]+/, '')
      .replace(/(?<![,;])[,;]+$/, '')
      .trim();
    for (const [open, close] of WRAPS) {
      if (bare.length < open.length + close.length || !bare.startsWith(open) || !bare.endsWith(close))
        continue;
      const inner = bare.slice(open.length, -close.length);
      // What they hold is an address; a tag is no name in brackets.
      if (open === '<' && !inner.includes(':')) continue;
      if (!inner.includes(open) && !inner.includes(close)) bare = inner.trim();
    }
  }
  return bare;
}

/** One name with a long list of versions is shorter; what is longer are many entries. */
const ITEM_LENGTH = 10_000;
const WORDS: Refused = { why: 'several words; put one package on each line' };

/**
 * One entry of a list: a package URL, a registry's address, or a name with what may stand around it: an ecosystem in
 * front, a version behind `@`, `:`, `==` or a blank. Anything else is refused with a reason, never guessed.
 */
export function readItem(text: string): Read {
  if (text.length > ITEM_LENGTH) return WORDS;
  const bare = bareOf(text);
  if (bare === '') return { why: 'empty' };
  if (isPurl(bare)) return readPurl(bare);
  if (isLink(bare)) return readLink(bare);
  if (isDefanged(bare) && !/\s/.test(bare)) {
    const place = /\[?\/\]?/.test(bare) ? readLink(`https://${bare}`) : null;
    return place && !isRefused(place) ? place : { why: 'a host or an address, not a package' };
  }
  const other = otherThing(bare);
  if (other !== null) return { why: other };
  return archiveOf(bare) ?? ofEcosystem(bare) ?? readNamed(bare);
}

function archiveOf(text: string): Read | null {
  for (const [form, ecosystem] of ARCHIVES) {
    const found = form.exec(text)?.groups;
    if (found?.name)
      return checked({ name: found.name, ecosystem, versions: versionsIn(found.version ?? '') ?? null });
  }
  return null;
}

/** `npm:left-pad@1.3.0`, `PyPI/requests`. */
function ofEcosystem(text: string): Read | null {
  const found = /^(?<word>[A-Za-z][\w.-]*)(?<sign>:|\/)\s?(?<rest>\S.*)$/.exec(text)?.groups;
  const ecosystem = found && ecosystemOf(found.word ?? '');
  if (!ecosystem || /^[vV]?\d/.test(found.rest ?? '')) return null;
  if (
    found.sign === '/' &&
    !/^(?:npm|pypi|crates\.io|rubygems|packagist|nuget|maven)$/i.test(found.word ?? '')
  )
    return null;
  const rest = readNamed(found.rest ?? '');
  return isRefused(rest) ? rest : { ...rest, ecosystem };
}

function readNamed(text: string): Read {
  const coordinate = COORDINATE.exec(text)?.groups;
  if (coordinate?.name) return readCoordinate(coordinate.name, coordinate.rest ?? '');
  const name = NAME.exec(text)?.[0];
  if (!name) return /\s/.test(text) ? WORDS : refusal(text);
  const rest = text.slice(name.length).replace(EXTRAS, '');
  if (rest === '') return checked({ name, ecosystem: null, versions: null });
  // `@` and `:` bind to the name; a version behind a blank may have a dash, a colon or brackets around it.
  const said = /^[@:]\S/.test(rest)
    ? rest.slice(1)
    : /^\s*[:,(–—-]\s+\S/.test(rest)
      ? rest.replace(/^\s*[:,(–—-]\s+/, '')
      : rest;
  const given = said.trim();
  // `(1.2.3, 1.2.4)` behind a name lists versions; `(,1.2.3)` is an interval.
  const inner = /^\((?<inner>.*)\)$/.exec(given)?.groups?.inner;
  const versions = inner === undefined || inner.startsWith(',') ? versionsIn(given) : versionsIn(inner);
  const bound = /^\s|^[@:,(=<>~!^;–—-]/.test(rest);
  if (versions !== undefined && bound) return checked({ name, ecosystem: null, versions });
  if (/^\s*@\s*https?:/.test(rest)) return checked({ name, ecosystem: null, versions: null });
  if (/^@\S*$/.test(rest)) return { why: `“${rest}” is no version` };
  return /\s/.test(text) ? WORDS : refusal(text);
}

/** `org.acme:loader`, with what Maven writes behind it: the version, or packaging, version and scope. */
function readCoordinate(name: string, rest: string): Read {
  const parts = rest.split(':').filter((part) => part !== '');
  const version = parts.find((part) => /^[vV]?\d/.test(part));
  const versions = version === undefined ? null : versionsIn(version);
  if (versions === undefined || (parts.length > 0 && version === undefined))
    return { why: 'a coordinate whose version cannot be read' };
  return { name, ecosystem: 'maven', versions };
}
