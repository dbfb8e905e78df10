import type { Ecosystem } from './ecosystems.ts';

/**
 * One spelling for what a registry takes for one name. Sources: PEP 503 (PyPI: case, and runs of `-_.`); crates.io (case,
 * and `-` for `_`); NuGet, npm, Packagist, hex.pm and pub.dev (case); conda as PyPI, since it carries the same projects.
 * RubyGems, Maven and Go tell every letter and sign apart.
 */
export function foldName(name: string, ecosystem: Ecosystem): string {
  switch (ecosystem) {
    case 'pypi':
    case 'conda':
      return name.toLowerCase().replace(/[-_.]+/g, '-');
    case 'cargo':
      return name.toLowerCase().replaceAll('_', '-');
    case 'nuget':
    case 'npm':
    case 'composer':
    case 'hex':
    case 'pub':
      return name.toLowerCase();
    case 'swift':
      return name
        .toLowerCase()
        .replace(/^https?:\/\//, '')
        .replace(/\.git$/, '');
    case 'gem':
    case 'maven':
    case 'golang':
      return name;
  }
}

/**
 * The same for what an import statement says, where the language writes a package's name in a way of its own: gems with a
 * hyphen are required with a slash (https://guides.rubygems.org/name-your-gem/), Composer's packages are namespaces of
 * capitalised words (PSR-4).
 */
export function foldImport(name: string, ecosystem: Ecosystem): string {
  switch (ecosystem) {
    case 'gem':
      return name.replace(/[-_/]+/g, '-');
    case 'composer':
      return name.toLowerCase().replace(/\\+/g, '/').replace(/[-_]/g, '');
    default:
      return foldName(name, ecosystem);
  }
}

/** Coarser than every fold above: names that any of them takes for one have one key. */
export const foldKey = (name: string): string => name.toLowerCase().replace(/[-_.:/\\]+/g, '');

/** For a text that does not say which registry is meant: case, and runs of `-_.`, as PyPI folds; `\` is `/`. */
export const foldAnywhere = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[-_.]+/g, '-')
    .replace(/[\\/]+/g, '/')
    .replace(/:+/g, ':');

/** Conda packs what PyPI has, and Python imports both alike. */
const PYTHON: ReadonlySet<Ecosystem> = new Set<Ecosystem>(['pypi', 'conda']);

/** Whether an entry for one registry is about what was read for another. */
export const isSameRegistry = (a: Ecosystem, b: Ecosystem): boolean =>
  a === b || (PYTHON.has(a) && PYTHON.has(b));
