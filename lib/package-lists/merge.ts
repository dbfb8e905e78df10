import type { PackageList, PackageRow } from './list.ts';

export type MergedPackage = Omit<PackageRow, 'line'> & {
  /** Lines that name it. */
  lines: number[];
};

export type PackageCounts = {
  entries: number;
  packages: number;
  /** Entries that repeat a package, with other versions or the same. */
  repeated: number;
  /** Packages of which only some versions are meant. */
  withVersions: number;
  notUnderstood: number;
};

/** One entry per name and ecosystem: the versions of all that name it; every version where one of them names none. */
export function merged({ rows }: Pick<PackageList, 'rows'>): MergedPackage[] {
  const found = new Map<string, MergedPackage>();
  for (const { line, ...row } of rows) {
    const key = `${row.ecosystem ?? ''}\n${row.name}`;
    const known = found.get(key);
    if (!known) {
      found.set(key, { ...row, lines: [line] });
      continue;
    }
    known.lines.push(line);
    known.versions = known.versions && row.versions && [...new Set([...known.versions, ...row.versions])];
  }
  return [...found.values()];
}

export function countsOf(list: PackageList, packages: readonly MergedPackage[]): PackageCounts {
  return {
    entries: list.rows.length,
    packages: packages.length,
    repeated: list.rows.length - packages.length,
    withVersions: packages.filter(({ versions }) => versions !== null).length,
    notUnderstood: list.notUnderstood.length,
  };
}
