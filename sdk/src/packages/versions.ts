import type { Ecosystem } from './ecosystems.ts';
import { compareVersions, type Version, versionOf } from './version.ts';

/** One stretch of versions; a missing end is open. */
interface Stretch {
  from?: Version | undefined;
  fromIncluded: boolean;
  to?: Version | undefined;
  toIncluded: boolean;
}

/** Stretches of versions of which any may be meant. */
export type VersionRange = readonly Stretch[];

const ALL: Stretch = { fromIncluded: false, toIncluded: false };

/** Where the numbers of a version end at a place, the first version with the next number there; `1.2.3`, 1 → `1.3`. */
function next(version: Version, place: number): Version {
  const numbers = [...version.numbers.slice(0, place + 1)];
  while (numbers.length <= place) numbers.push(0);
  numbers[place] = (numbers[place] ?? 0) + 1;
  // Before every pre-release of it: `^1.2` does not take `2.0.0-rc.1` in.
  return { ...version, numbers, phase: Number.NEGATIVE_INFINITY, rest: [], post: [] };
}

/** Everything that begins with the numbers of `version`. */
const within = (version: Version, places: number): Stretch =>
  places === 0
    ? ALL
    : {
        from: { ...version, phase: Number.NEGATIVE_INFINITY, rest: [] },
        fromIncluded: true,
        to: next(version, places - 1),
        toIncluded: false,
      };

const upTo = (from: Version, place: number): Stretch => ({
  from,
  fromIncluded: true,
  to: next(from, place),
  toIncluded: false,
});

/** `^1.2.3`: up to the next number behind the first that is not 0. */
function caret(version: Version): Stretch {
  const first = version.numbers.findIndex((number) => number > 0);
  return upTo(version, first === -1 ? version.numbers.length - 1 : first);
}

const COMPARATOR = /^(===|==|~=|~>|\^|~|>=|<=|!=|=>|>|<|=)?\s*v?(\*|\+|[xX]|\d.*)$/;
/** `1.x`, `1.*`, `1.+` of Gradle, `1.x-dev` of Composer, `1.*-*` of NuGet. */
const WILD = /^(?:[*+]|[xX])(?:-\*)?$|\.[xX*+](?:\.[xX*])*(?:-dev|-\*)?$/;
/** A version's first digits of any length, as Gradle writes it: `1.2+` is also 1.25. */
const GRADLE_PREFIX = /^(\d+(?:\.\d+)*)\+$/;
/** A commit's hash may begin with digits. */
const COMMIT = /^(?=\d*[a-f])[\da-f]{7,40}$/;
const STABILITY = /@(?:dev|alpha|beta|RC|stable)$/i;

/**
 * Who wrote it: a rule, about versions that are meant; a requirement, which a tool resolves; or a place that pins one, such
 * as a lock file. A bare `1.2` is all of `1.2.x` for npm, `^1.2` in a requirement of Cargo, and itself elsewhere.
 */
export type RangeRole = 'rule' | 'required' | 'pinned';

const isPartial = (role: RangeRole, ecosystem: Ecosystem | undefined) =>
  ecosystem === 'npm' || (role === 'required' && (ecosystem === undefined || ecosystem === 'golang'));

/**
 * Where `=1.2` is all of `1.2.x`: npm, Cargo, and conda, whose fuzzy `=1.2.3` is all of `1.2.3.x` too. pip has no such sign.
 */
const FUZZY: ReadonlySet<Ecosystem | undefined> = new Set([undefined, 'npm', 'cargo', 'conda', 'pypi']);
/** Where `>1.2` begins behind all of `1.2.x`, and `<=1.2` ends there. */
const WHOLE: ReadonlySet<Ecosystem | undefined> = new Set<Ecosystem | undefined>(['npm', 'cargo']);

/** What one comparator takes in; null where it cannot be read. */
function comparator(text: string, ecosystem: Ecosystem | undefined, role: RangeRole): Stretch[] | null {
  const match = COMPARATOR.exec(text);
  if (!match) return null;
  const [, operator = '', said = ''] = match;
  const written = ecosystem === 'composer' ? said.replace(STABILITY, '') : said;
  if (ecosystem === 'golang' && COMMIT.test(written)) return null;
  const prefix = GRADLE_PREFIX.exec(written)?.[1];
  if (prefix !== undefined && (ecosystem === undefined || ecosystem === 'maven')) {
    const from = versionOf(prefix, ecosystem);
    return from && [{ ...within(from, from.numbers.length - 1), from, fromIncluded: true }];
  }
  const isWild = WILD.test(written);
  const bare = isWild ? written.replace(/(?:^|\.)[xX*+].*$/, '') : written;
  if (bare === '') return [ALL];
  const version = versionOf(bare, ecosystem);
  if (!version) return null;
  const places = version.numbers.length;
  if (isWild) {
    const stretch = within(version, places);
    return operator === '!=' ? outside(stretch) : [stretch];
  }
  const isWhole = role === 'required' && WHOLE.has(ecosystem) && places < 3 && version.phase === 0;
  switch (operator) {
    case '^':
      return [caret(version)];
    case '~':
      // Composer's is RubyGems' `~>`.
      return [upTo(version, ecosystem === 'composer' ? Math.max(0, places - 2) : Math.min(1, places - 1))];
    case '~>':
    case '~=':
      return [upTo(version, Math.max(0, places - 2))];
    case '>':
      return isWhole
        ? [{ ...ALL, from: next(version, places - 1), fromIncluded: true }]
        : [{ ...ALL, from: version }];
    case '>=':
    case '=>':
      return [{ ...ALL, from: version, fromIncluded: true }];
    case '<':
      return [{ ...ALL, to: version }];
    case '<=':
      return isWhole
        ? [{ ...ALL, to: next(version, places - 1) }]
        : [{ ...ALL, to: version, toIncluded: true }];
    case '!=':
      return outside(exactly(version));
    case '=':
      return role === 'required' && FUZZY.has(ecosystem) && version.phase === 0
        ? [within(version, places)]
        : [exactly(version)];
    case '':
      if (role === 'required' && ecosystem === 'cargo') return [caret(version)];
      if (role !== 'pinned' && places < 3 && version.phase === 0 && isPartial(role, ecosystem)) {
        return [within(version, places)];
      }
      return [exactly(version)];
    default:
      return [exactly(version)];
  }
}

const exactly = (version: Version): Stretch => ({
  from: version,
  fromIncluded: true,
  to: version,
  toIncluded: true,
});

function outside({ from, fromIncluded, to, toIncluded }: Stretch): Stretch[] {
  return [
    ...(from ? [{ ...ALL, to: from, toIncluded: !fromIncluded }] : []),
    ...(to ? [{ ...ALL, from: to, fromIncluded: !toIncluded }] : []),
  ];
}

function overlap(a: Stretch, b: Stretch): Stretch | null {
  let { from, fromIncluded, to, toIncluded } = a;
  if (b.from) {
    const order = from ? compareVersions(from, b.from) : -1;
    if (order < 0) ({ from, fromIncluded } = b);
    else if (order === 0) fromIncluded &&= b.fromIncluded;
  }
  if (b.to) {
    const order = to ? compareVersions(to, b.to) : 1;
    if (order > 0) ({ to, toIncluded } = b);
    else if (order === 0) toIncluded &&= b.toIncluded;
  }
  if (from && to) {
    const order = compareVersions(from, to);
    if (order > 0 || (order === 0 && !(fromIncluded && toIncluded))) return null;
  }
  return { from, fromIncluded, to, toIncluded };
}

const both = (some: readonly Stretch[], others: readonly Stretch[]): Stretch[] =>
  some.flatMap((a) => others.flatMap((b) => overlap(a, b) ?? []));

/** More alternatives and comparators than anybody writes by hand; a list of versions may be long. */
const PARTS = 200;

/** Maven's and NuGet's intervals: `[1.0,2.0)`, `(,1.4]`, `[1.2]`; Gradle also writes `[1.0,2.0[`. */
const INTERVALS = /^\s*(?:[[(\]][^[\]()]*[\])[]\s*,?\s*)+$/;

function intervals(text: string, ecosystem: Ecosystem | undefined): Stretch[] | null {
  const all: Stretch[] = [];
  for (const [, open, inside = '', close] of text.matchAll(/([[(\]])([^[\]()]*)([\])[])/g)) {
    const ends = inside.split(',').map((end) => end.trim());
    const [from, to] = ends.map((end) => (end === '' ? undefined : versionOf(end, ecosystem)));
    if (ends.length > 2 || from === null || to === null) return null;
    if (ends.length === 1) {
      if (!from) return null;
      all.push(exactly(from));
    } else all.push({ from, fromIncluded: open === '[', to, toIncluded: close === ']' });
  }
  return all;
}

/** Stands for itself in a list: a version, with or without `=`. */
const SINGLE = /^(?:v?[\dxX*]|={1,3}\s*v?\d[^*]*$)/;

/** `>=1.2 <1.4`, `==1.2.*`, `1.2.3, 1.2.4`: comparators together, versions without a sign each by themselves. */
function group(text: string, ecosystem: Ecosystem | undefined, role: RangeRole): Stretch[] | null {
  const hyphen = /^\s*v?(\d\S*)\s+-\s+v?(\d\S*)\s*$/.exec(text);
  if (hyphen) return group(`>=${hyphen[1]} <=${hyphen[2]}`, ecosystem, role);
  const parts = text.match(/(?:===|==|~=|~>|[\^~]|[<>!]=|=>|[<>=])?\s*[^\s,|<>=~^]+/g) ?? [];
  if (parts.length === 0 || parts.length > PARTS) return null;
  let together: Stretch[] | null = null;
  const single: Stretch[] = [];
  for (const part of parts) {
    const stretches = comparator(part.trim(), ecosystem, role);
    if (!stretches) return null;
    if (SINGLE.test(part.trim())) single.push(...stretches);
    else together = together ? both(together, stretches) : stretches;
  }
  return [...single, ...(together ?? [])];
}

/**
 * A range as registries' own tools write it: npm, PEP 440, Cargo, Composer, RubyGems, and the intervals of Maven and NuGet;
 * alternatives behind `||`, and a list of versions with commas. Null where it cannot be read, which is not a range that
 * takes nothing in.
 */
export function readRange(
  text: string,
  ecosystem?: Ecosystem,
  role: RangeRole = 'rule',
): VersionRange | null {
  if (text.length > 2_000) return null;
  if (INTERVALS.test(text)) return intervals(text, ecosystem);
  const alternatives = text.split(/\|\|?/);
  const all: Stretch[] = [];
  for (const alternative of alternatives) {
    if (alternative.trim() === '') return null;
    const stretches = group(alternative.trim(), ecosystem, role);
    if (!stretches) return null;
    all.push(...stretches);
  }
  return all;
}

/** Whether what stands in a text could give a version of `bad`; null where it cannot be read. */
export function couldGive(
  bad: VersionRange,
  written: string,
  ecosystem?: Ecosystem,
  role: RangeRole = 'required',
): boolean | null {
  const range = readRange(written.trim(), ecosystem, role);
  return range && both(bad, range).length > 0;
}
