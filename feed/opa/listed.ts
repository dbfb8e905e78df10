import { ECOSYSTEMS, type Ecosystem } from '#sdk/packages/ecosystems';
import type { PackageEntry } from '#sdk/packages/entry';
import { foldImport, foldName, isSameRegistry } from '#sdk/packages/fold';
import { importNamesOf } from '#sdk/packages/names';

/** For a name, folded, the registries in which it is listed; `true` for all of them. */
export type ListedNames = Record<string, true | Ecosystem[]>;

/** A list of packages so that Rego finds what a caller names by one look-up, folded as its registry folds. */
export function listedNames(entries: readonly PackageEntry[]): ListedNames {
  const found = new Map<string, Set<Ecosystem>>();
  const enter = (key: string, ecosystem: Ecosystem) => {
    const known = found.get(key);
    if (known) known.add(ecosystem);
    else found.set(key, new Set([ecosystem]));
  };
  for (const { name, ecosystem } of entries) {
    const imports = importNamesOf(name, ecosystem);
    for (const registry of ECOSYSTEMS) {
      if (ecosystem !== undefined && !isSameRegistry(ecosystem, registry)) continue;
      enter(foldName(name, registry), registry);
      enter(foldImport(name, registry), registry);
      if (!imports || !isSameRegistry(imports.ecosystem, registry)) continue;
      for (const known of imports.names) enter(foldName(known, registry), registry);
    }
  }
  return Object.fromEntries(
    [...found].map(([key, registries]) => [
      key,
      registries.size === ECOSYSTEMS.length ? (true as const) : [...registries],
    ]),
  );
}
