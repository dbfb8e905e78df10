import { OPA_MENTIONED_MAX } from '#lib/rulesets/beyond-opa';
import type { Ecosystem } from '#sdk/packages/ecosystems';
import { type PackageEntry, packageNameOf } from '#sdk/packages/entry';
import { foldName } from '#sdk/packages/fold';
import { coordinateSpellings, VERSION_FOLDER } from '#sdk/packages/mentioned';
import { COLON, DASH, DOT, JOINT_MAX, LETTERS_BEYOND, SLASH, wordsOf } from '#sdk/packages/words';
import { quoted } from './quoted.ts';

const WORD = `A-Za-z0-9${LETTERS_BEYOND}`;

/** What stands before a name that is no part of a longer one, nor of a scope of npm, see `MentionedNames`. */
const BEFORE = [
  `(?:^|[^${WORD}_@/+-]|[A-Za-z0-9]@|%2[Ff]|%40|\\\\[nrt])[-_]*`,
  `[-_]{${JOINT_MAX + 1},}`,
  '(?:^|[^\\w.@-]|[A-Za-z0-9]@)[\\w.-]*[/+][-_]*',
].join('|');
const SCOPED = `(?:^|[^${WORD}])(?:@|%40)`;
/** What stands behind one; a version may, as in the name of a file. */
const BEHIND = `$|[^${WORD}_-]|[-_]{1,${JOINT_MAX}}(?:$|[^A-Za-z0-9_-]|v?[0-9]{1,9}\\.[0-9])|[-_]{${JOINT_MAX + 1},}`;
const BEHIND_AT = `$|[^${WORD}_/+%-]|%(?:$|[^2]|2(?:$|[^Ff]))|[-_]{1,8}(?:$|[^A-Za-z0-9_-]|v?[0-9]{1,9}\\.[0-9])`;

/** How a registry reads what joins two words of a name; nothing given: as `foldAnywhere`. */
function jointPattern(
  joint: number,
  written: string,
  ecosystem: Ecosystem | undefined,
  isScoped: boolean,
): string {
  const run = `{1,${JOINT_MAX}}`;
  if (written === '+') return quoted(written);
  if (joint === SLASH) return `(?:[/\\\\]${run}|%2[Ff]${isScoped ? '|[+]' : ''})`;
  if (joint === COLON) return `:${run}`;
  if (joint !== DASH && joint !== DOT) return quoted(written);
  if (ecosystem === undefined || foldName('a._b', ecosystem) === 'a-b') return `[-_.]${run}`;
  return foldName('a_b', ecosystem) === 'a-b' && !written.includes('.') ? '[-_]' : quoted(written);
}

function namePattern(entry: PackageEntry): string {
  const other = coordinateSpellings(entry.name);
  const own = spelledPattern(entry);
  if (!other) return own;
  const [slashed, path] = [other.slashed, other.path].map((name) => spelledPattern({ ...entry, name }));
  return `(?:${own}|${slashed}|${path}${VERSION_FOLDER}+)`;
}

function spelledPattern({ name, ecosystem }: PackageEntry): string {
  const isScoped = name.startsWith('@');
  const { count, starts, ends, joints } = wordsOf(name);
  let pattern = '';
  for (let at = 0; at < count; at++) {
    const joint = name.slice(at === 0 ? 0 : ends[at - 1], starts[at]);
    if (at > 0) pattern += jointPattern(joints[at] as number, joint, ecosystem, isScoped);
    pattern += name.slice(starts[at], ends[at]);
  }
  const isExact = ecosystem !== undefined && foldName('A', ecosystem) === 'A';
  return isExact ? pattern : `(?i:${pattern})`;
}

/**
 * A pattern of RE2 that hits where the engine finds one of the names mentioned: what Rego can ask of a text. Null where the
 * list is too long for that.
 */
export function mentionedPattern(entries: readonly PackageEntry[]): string | null {
  if (entries.length > OPA_MENTIONED_MAX) return null;
  const of = (isScoped: boolean) =>
    entries.filter((entry) => packageNameOf(entry).startsWith('@') === isScoped).map(namePattern);
  const [scoped, plain] = [of(true), of(false)];
  const ways: string[] = [];
  if (scoped.length > 0) ways.push(`${SCOPED}(?:${scoped.join('|')})(?:${BEHIND})`);
  if (plain.length > 0) {
    ways.push(`(?:${BEFORE})(?:${plain.join('|')})(?:${BEHIND})`);
    // Behind an `@` it may be a scope, which is another thing.
    ways.push(`@(?:${plain.join('|')})(?:${BEHIND_AT})`);
  }
  return ways.join('|');
}
