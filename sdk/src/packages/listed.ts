import type { PackageListItem, RuleMatcher } from '../rule.ts';
import type { Ecosystem } from './ecosystems.ts';
import { entryOf, packageNameOf } from './entry.ts';
import { foldImport, foldKey, foldName, isSameRegistry } from './fold.ts';
import type { PackageMention } from './mention.ts';
import { importNamesOf } from './names.ts';
import { versionAfter } from './version-after.ts';
import { couldGive, type RangeRole, readRange, type VersionRange } from './versions.ts';

export type PackageMatcher = Extract<RuleMatcher, { kind: 'imports' }>;

/** One entry of one list; what of it is rarely needed is read when a text has its name. */
export class Listed {
  readonly owner: number;
  readonly item: PackageListItem;
  readonly passesUnversioned: boolean;
  #range: VersionRange | null | undefined;

  constructor(owner: number, item: PackageListItem, passesUnversioned: boolean) {
    this.owner = owner;
    this.item = item;
    this.passesUnversioned = passesUnversioned;
  }

  get name(): string {
    return packageNameOf(this.item);
  }

  get ecosystem(): Ecosystem | undefined {
    return typeof this.item === 'string' ? undefined : this.item.ecosystem;
  }

  get hasVersions(): boolean {
    return typeof this.item !== 'string' && this.item.versions !== undefined;
  }

  /**
   * Whether a version that stands beside the name is one of those meant. A version that nobody can compare, such as
   * `latest`, is none.
   */
  means(version: string | null, ecosystem: Ecosystem | undefined, role: RangeRole): boolean {
    const { versions } = entryOf(this.item);
    if (versions === undefined) return true;
    this.#range ??= readRange(versions, this.ecosystem ?? ecosystem);
    if (!this.#range) return !this.passesUnversioned;
    const given =
      version === null ? null : couldGive(this.#range, version, ecosystem ?? this.ecosystem, role);
    return given ?? !this.passesUnversioned;
  }

  /** Whether what was read, under the name it has in the text, is this package, whatever its version. */
  isCalled(name: string, { ecosystem, how }: PackageMention): boolean {
    if (this.ecosystem !== undefined && !isSameRegistry(this.ecosystem, ecosystem)) return false;
    const fold = how === 'import' ? foldImport : foldName;
    if (fold(name, ecosystem) === fold(this.name, ecosystem)) return true;
    if (how !== 'import') return false;
    const imports = importNamesOf(this.name, this.ecosystem);
    return (
      imports !== null &&
      isSameRegistry(imports.ecosystem, ecosystem) &&
      imports.names.some((known) => foldName(known, ecosystem) === foldName(name, ecosystem))
    );
  }
}

/** Entries of `matcher` as those of one owner: the place of a rule, where several rules share a table. */
export function listedIn(matcher: PackageMatcher, owner = 0): Listed[] {
  return matcher.packages.map((item) => new Listed(owner, item, matcher.unversioned === 'pass'));
}

/** A version that the reader did not see may stand behind the name all the same, as in a lock file. */
function isMeant(listed: Listed, { version, ecosystem, end }: PackageMention, text: string): boolean {
  if (version !== null) return listed.means(version, ecosystem, 'required');
  const written = versionAfter(text, end);
  return listed.means(written?.text ?? null, ecosystem, written?.role ?? 'required');
}

/** What `foldKey` makes of a unit, 0 where it leaves it out. */
const FOLDED = Uint8Array.from(
  { length: 128 },
  (_, unit) => foldKey(String.fromCharCode(unit)).charCodeAt(0) || 0,
);

/** The same for all names of one key; -1 where that is not known, as not all are ASCII. */
function mixOf(name: string): number {
  let mix = 0;
  for (let at = 0; at < name.length; at++) {
    const unit = FOLDED[name.charCodeAt(at)];
    if (unit === undefined) return -1;
    if (unit !== 0) mix = (Math.imul(mix, 31) + unit) | 0;
  }
  return (mix ^ (mix >>> 15)) & (MIXES_MOST - 1);
}

/** Places for each key in the table of mixes, and in all; both are powers of two. */
const MIXES_PER_KEY = 16;
const MIXES_MOST = 1 << 20;

/** All entries by the names they may have in code and commands, folded as coarsely as any registry folds. */
export class PackageIndex {
  readonly #byKey = new Map<string, Listed | Listed[]>();
  /** Which mixes keys have: nearly every name of a text is told by one look into it. */
  readonly #mixes: Uint8Array;

  constructor(entries: Iterable<Listed>) {
    for (const listed of entries) {
      this.#enter(foldKey(listed.name), listed);
      for (const name of importNamesOf(listed.name, listed.ecosystem)?.names ?? []) {
        this.#enter(foldKey(name), listed);
      }
    }
    let size = MIXES_PER_KEY;
    while (size < MIXES_MOST && size < this.#byKey.size * MIXES_PER_KEY) size *= 2;
    this.#mixes = new Uint8Array(size);
    for (const key of this.#byKey.keys()) {
      const mix = mixOf(key);
      if (mix !== -1) this.#mixes[mix & (size - 1)] = 1;
    }
  }

  #enter(key: string, listed: Listed): void {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, listed);
    else if (known instanceof Listed) {
      if (known !== listed) this.#byKey.set(key, [known, listed]);
    } else known.push(listed);
  }

  #mayHave(name: string): boolean {
    const mix = mixOf(name);
    return mix === -1 || this.#mixes[mix & (this.#mixes.length - 1)] === 1;
  }

  /** Calls `found` for each entry that `mention`, read in `text`, is about. */
  find(mention: PackageMention, text: string, found: (listed: Listed) => void): void {
    for (const name of mention.names) {
      if (!this.#mayHave(name)) continue;
      const known = this.#byKey.get(foldKey(name));
      if (known === undefined) continue;
      for (const listed of known instanceof Listed ? [known] : known) {
        if (!listed.isCalled(name, mention)) continue;
        if (!listed.hasVersions || isMeant(listed, mention, text)) found(listed);
      }
    }
  }
}
