import { entryOf } from '#sdk/packages/entry';
import { entryProblem } from '#sdk/packages/names';
import { LIMITS, type PackageListItem } from '#sdk/rule';
import type { PackageList, PackageRow } from './list.ts';
import { readPackageList } from './read.ts';

export type MergedPackage = Omit<PackageRow, 'line'> & {
  /** Lines that name it. */
  lines: number[];
};

type PackageCounts = {
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
    entries: packages.reduce((sum, { lines }) => sum + lines.length, 0),
    packages: packages.length,
    repeated: packages.reduce((sum, { lines }) => sum + lines.length - 1, 0),
    withVersions: packages.filter(({ versions }) => versions !== null).length,
    notUnderstood: list.notUnderstood.length,
  };
}

export type Reading = Pick<PackageList, 'form' | 'notUnderstood'> & {
  packages: MergedPackage[];
  counts: PackageCounts;
};

/** A pasted list with everything that is shown of it and kept; what no rule could look for is not understood. */
export function readingOf(text: string): Reading {
  const list = readPackageList(text);
  const packages: MergedPackage[] = [];
  const notUnderstood = [...list.notUnderstood];
  for (const each of merged(list)) {
    const why = itemsOf([each])
      .map(entryProblem)
      .find((problem) => problem !== null);
    if (why) notUnderstood.push({ line: each.lines[0] ?? 1, text: each.name, why });
    else packages.push(each);
  }
  const read = { ...list, notUnderstood: notUnderstood.sort((a, b) => a.line - b.line) };
  return { form: list.form, notUnderstood: read.notUnderstood, packages, counts: countsOf(read, packages) };
}

/** The packages as a rule lists them: a name alone where nothing else is known of it. */
export function itemsOf(
  packages: readonly Pick<MergedPackage, 'name' | 'ecosystem' | 'versions'>[],
): PackageListItem[] {
  return packages.flatMap(({ name, ecosystem, versions }): PackageListItem[] => {
    if (!ecosystem && !versions) return [name];
    const known = { name, ...(ecosystem && { ecosystem }) };
    return versions ? rangesOf(versions).map((range) => ({ ...known, versions: range })) : [known];
  });
}

/** Versions joined to ranges no longer than an entry takes. */
function rangesOf(versions: readonly string[]): string[] {
  const ranges: string[] = [];
  for (const version of versions) {
    const longer = `${ranges.at(-1)} || ${version}`;
    if (ranges.length > 0 && longer.length <= LIMITS.packageVersions) ranges[ranges.length - 1] = longer;
    else ranges.push(version);
  }
  return ranges;
}

/** The entries of a rule as lines that read back as the same. */
export function listText(items: readonly PackageListItem[]): string {
  return items
    .map(entryOf)
    .map(
      ({ name, ecosystem, versions }) =>
        `${ecosystem ? `${ecosystem}:` : ''}${name}${versions ? ` ${versions}` : ''}`,
    )
    .join('\n');
}
