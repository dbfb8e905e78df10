import { LIMITS, type PackageListItem } from '../rule.ts';
import type { Ecosystem } from './ecosystems.ts';
import { entryOf } from './entry.ts';
import { foldName } from './fold.ts';
import { IMPORT_NAMES } from './import-names.ts';
import { readRange } from './versions.ts';

/** Names that code writes for a package which is installed by another. */
interface ImportNames {
  ecosystem: Ecosystem;
  names: readonly string[];
}

const byDistribution = new Map<string, ImportNames>();
const byImport = new Map<string, string[]>();
for (const [ecosystem, distribution, ...names] of IMPORT_NAMES) {
  byDistribution.set(foldName(distribution, ecosystem), { ecosystem, names });
  for (const name of names) byImport.set(name, [...(byImport.get(name) ?? []), distribution]);
}

/** What code imports where `name` is installed, as far as its own name does not say; null where nothing is known. */
export function importNamesOf(name: string, ecosystem?: Ecosystem): ImportNames | null {
  const coordinate = /^([\w.-]+):([\w.-]+)$/.exec(name);
  if (coordinate && (ecosystem === undefined || ecosystem === 'maven')) {
    const known = byDistribution.get(name);
    return known ?? { ecosystem: 'maven', names: javaPackages(coordinate[1] ?? '', coordinate[2] ?? '') };
  }
  if (ecosystem === undefined || ecosystem === 'pypi' || ecosystem === 'conda') {
    const known = byDistribution.get(foldName(name, 'pypi'));
    if (known) return known;
  }
  const last = ecosystem === 'swift' ? /\/([^/]+?)(?:\.git)?$/.exec(name)?.[1] : undefined;
  return last === undefined ? null : { ecosystem: 'swift', names: [last] };
}

/** `org.acme:loader-core` → `org.acme.loader.core`; an artifact that begins as its group ends says that word once. */
function javaPackages(group: string, artifact: string): string[] {
  const words = artifact.split(/[-_.]/);
  const own = group.slice(group.lastIndexOf('.') + 1);
  const rest = words[0] === own ? words.slice(1) : words;
  return [[group, ...rest].join('.').replaceAll('-', '_')];
}

/** Packages that are known to bring in an import of this name under another one. */
export const distributionsOf = (importName: string): readonly string[] => byImport.get(importName) ?? [];

/** Spelled before a name they say which registry is meant; `node:` and `jsr:` are part of what code writes. */
const PREFIX =
  /^(?:pkg|npm|pypi|pip|python|gem|rubygems|cargo|crates|go|golang|maven|mvn|nuget|composer|packagist|pub|hex|swift|conda|github|git|file|link|workspace|https?|ssh|git\+\w+):/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const NOT_ASCII = /[^\x00-\x7f]/u;
const SHAPE = /^(?:node:|jsr:)?@?[A-Za-z0-9_~](?:[A-Za-z0-9._~+/\\:-]*[A-Za-z0-9_~+])?$/;

const quoted = (name: string) => JSON.stringify(name.length > 60 ? `${name.slice(0, 59)}…` : name);

/**
 * Why no registry can have a package or module of this name, as one sentence to read behind a field's name; null where one
 * can. What is written around names, such as a version or an address, is told apart, so that it can be given elsewhere.
 */
export function nameProblem(name: string, ecosystem?: Ecosystem): string | null {
  const no = `${quoted(name)} is no name of a package`;
  if (/^pkg:/i.test(name)) return `${no}: it is a package URL. Give its name and its ecosystem`;
  if (/:\/\//.test(name)) return `${no}: it is an address`;
  if (/^\.{1,2}[/\\]|^[/\\]|^~[/\\]/.test(name)) return `${no}: it is a path`;
  if (PREFIX.test(name)) return `${no}: give the part before the colon as its ecosystem`;
  if (/<(?:[/?]?[A-Za-z]|!)[^<>]*>/.test(name)) return `${no}: it is a piece of HTML or XML`;
  if (/[^:]@|[=<>^]\s*[=~^]*\s*[v*]?(?:\d|$|\*)|:\s*[v^~]?\d[\w.*-]*$|\s+v?\d/.test(name)) {
    return `${no}: give the version apart, as its versions`;
  }
  const odd = NOT_ASCII.exec(name)?.[0];
  if (odd !== undefined) return `${no}: it holds “${odd}”, which no registry allows in a name`;
  if (!/[A-Za-z]/.test(name)) return `${no}: it has no letter`;
  if (name.length > LIMITS.packageName) return `${no}: it is longer than ${LIMITS.packageName} characters`;
  if (!SHAPE.test(name)) return no;
  if (/\.{2}|\/{2}|\\{3}|:{3}|^@[^/]*$/.test(name)) return no;
  if (/:/.test(name.replaceAll('::', '').replace(/^(?:node|jsr):/, '')) && !/^[\w.-]+:[\w.-]+$/.test(name)) {
    return no;
  }
  return ecosystem === undefined ? null : registryProblem(name, ecosystem);
}

/** Why an entry of a list could never be found; null where it could. */
export function entryProblem(item: PackageListItem): string | null {
  const { name, ecosystem, versions } = entryOf(item);
  const problem = nameProblem(name, ecosystem);
  if (problem !== null || versions === undefined || readRange(versions, ecosystem)) return problem;
  return `${quoted(versions)} of ${name} is no range of versions: write it as 1.2.3, >=1.2 <1.4, ^1.2 or ==1.2.*`;
}

/** Where a registry's own rule leaves no room: https://peps.python.org/pep-0508/#names, Packagist, Maven. */
function registryProblem(name: string, ecosystem: Ecosystem): string | null {
  const no = `${quoted(name)} is no name of a package`;
  switch (ecosystem) {
    case 'pypi':
    case 'conda':
      return /^[A-Za-z0-9_][\w.-]*$/.test(name) ? null : `${no} of Python`;
    case 'npm':
      return /^(?:node:|jsr:)?(?:@[\w.~-]+\/)?[\w.~-]+(?:\/[\w.~/-]+)?$/.test(name) ? null : `${no} of npm`;
    case 'composer':
      return /[/\\]/.test(name) ? null : `${no} of Composer: it needs a vendor, as in acme/loader`;
    case 'cargo':
      return /^[\w-]+(?:::\w+)*$/.test(name) ? null : `${no} of Cargo`;
    case 'gem':
      return /^[\w./-]+$/.test(name) ? null : `${no} of RubyGems`;
    default:
      return null;
  }
}
