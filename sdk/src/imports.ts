import type { PackageMention } from './packages/mention.ts';

export { readPackages as extractPackages } from './packages/read.ts';
export type { PackageMention };

/** Where case, `-` and `_` do not matter. */
export const LOOSE: ReadonlySet<string> = new Set(['pypi', 'conda', 'cargo', 'nuget']);

/** One spelling for names that PyPI, crates.io and NuGet take for one. */
export const looseName = (name: string) => name.toLowerCase().replace(/[-_]+/g, '-');

/** A lookup over a rule's package list: exact for most, forgiving where the registry itself is. */
export function packageLookup(packages: readonly string[]): (mention: PackageMention) => boolean {
  const exact = new Set(packages);
  const loose = new Set<string>();
  for (const name of packages) {
    loose.add(looseName(name));
    // PyPI reads `zope.interface` and `zope-interface` as one name.
    if (name.includes('.')) loose.add(looseName(name.replaceAll('.', '-')));
  }
  return (mention) =>
    mention.names.some(
      (name) => exact.has(name) || (LOOSE.has(mention.ecosystem) && loose.has(looseName(name))),
    );
}
