import type { Ecosystem } from './ecosystems.ts';

/**
 * A version as all registries can order it: numbers, then how far before or behind the release it is. Semantic Versioning
 * 2.0, PEP 440, and Maven's ComparableVersion agree on what is written here, and differ in the words they allow.
 */
export interface Version {
  epoch: number;
  /** Trailing zeros are nothing: `1.0` is `1.0.0`. */
  numbers: readonly number[];
  /** 0 for a release, below for what comes before it, above for what comes after. */
  phase: number;
  /** What tells pre-releases of one phase apart. */
  rest: readonly (number | string)[];
  /** Behind the rest: PEP 440 allows `1.0rc1.post2`, and `.dev` before everything. */
  post: readonly number[];
}

/** Words for what comes before a release, in order, and those that come after. */
const PHASES: Readonly<Record<string, number>> = {
  dev: -6,
  a: -5,
  alpha: -5,
  b: -4,
  beta: -4,
  m: -3,
  milestone: -3,
  c: -2,
  rc: -2,
  cr: -2,
  pre: -2,
  preview: -2,
  snapshot: -1,
  ga: 0,
  final: 0,
  release: 0,
  stable: 0,
  sp: 1,
  p: 1,
  pl: 1,
  patch: 1,
  post: 1,
  rev: 1,
  r: 1,
};
/** A word nobody knows is a pre-release where a hyphen says so (SemVer), otherwise an addition to the release. */
const UNKNOWN_PRE = -3.5;
const UNKNOWN_POST = 0.5;

const SHAPE =
  /^[vV]?(?:(\d{1,9})!)?(\d{1,15}(?:\.\d{1,15}){0,19})(?:([-._]?)([A-Za-z0-9][A-Za-z0-9._-]{0,100}|))?(?:\+[\w.-]{0,100})?$/;

/** SemVer orders its identifiers by themselves; only where all of them are words of a phase do the others differ. */
const SEMVER: ReadonlySet<Ecosystem> = new Set<Ecosystem>([
  'npm',
  'cargo',
  'golang',
  'hex',
  'pub',
  'swift',
  'nuget',
]);

/** Null for what has no order: a branch, a tag such as `latest`, an address. */
export function versionOf(text: string, ecosystem?: Ecosystem): Version | null {
  const match = SHAPE.exec(text.trim());
  if (!match) return null;
  const [, epoch, release = '', sign, addition = ''] = match;
  const numbers = release.split('.').map(Number);
  const version: Version = { epoch: Number(epoch ?? 0), numbers, phase: 0, rest: [], post: [] };
  if (addition === '') return version;
  const parts = addition
    .toLowerCase()
    .split(/[._-]|(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)/)
    .filter((part) => part !== '')
    .map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : part));
  const [word, ...rest] = parts;
  if (typeof word === 'number') {
    // `1.2-3`: an addition for PEP 440 and Maven, a pre-release for SemVer.
    const phase = sign === '-' && ecosystem !== undefined && SEMVER.has(ecosystem) ? -7 : 1;
    return { ...version, phase, rest: parts };
  }
  const known = PHASES[word ?? ''];
  if (known !== undefined) return { ...version, phase: known, ...tail(rest) };
  return { ...version, phase: sign === '-' ? UNKNOWN_PRE : UNKNOWN_POST, rest: parts };
}

/** `rc1.post2` and `rc1.dev3`. */
function tail(rest: readonly (number | string)[]): Pick<Version, 'rest' | 'post'> {
  const at = rest.findIndex((part) => part === 'post' || part === 'dev');
  if (at === -1) return { rest, post: [] };
  const number = rest[at + 1];
  const count = typeof number === 'number' ? number + 1 : 1;
  return { rest: rest.slice(0, at), post: [rest[at] === 'post' ? count : count - 1e9] };
}

function compareParts(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [x, y] = [a[at], b[at]];
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    if (typeof x === typeof y) return x < y ? -1 : 1;
    // Numbers come before words.
    return typeof x === 'number' ? -1 : 1;
  }
  return 0;
}

/** Below 0 where `a` comes first. */
export function compareVersions(a: Version, b: Version): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at++) {
    const [x, y] = [a.numbers[at] ?? 0, b.numbers[at] ?? 0];
    if (x !== y) return x - y;
  }
  if (a.phase !== b.phase) return a.phase < b.phase ? -1 : 1;
  return compareParts(a.rest, b.rest) || (a.post[0] ?? 0) - (b.post[0] ?? 0);
}
