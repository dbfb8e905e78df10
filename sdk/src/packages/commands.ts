import { ROWS } from './command-table.ts';
import type { Ecosystem } from './ecosystems.ts';

/** One word of a subcommand. */
type Expected = string | RegExp;

/** A tool that brings packages in, and how its command line is read. */
export interface Tool {
  ecosystem: Ecosystem;
  /** Subcommands behind which packages stand, `*` for any word. None: they stand behind the tool's name. */
  verbs: readonly (readonly Expected[])[];
  /** Whether a subcommand of it begins with a word; null where it needs none. */
  begins: ((word: string) => boolean) | null;
  /** Only the first argument names a package: what follows is for the program that is run. */
  one: boolean;
  /** Flags whose next word is their value. A flag that is not known takes none, so that it hides no package. */
  values: ReadonlySet<string>;
  /** Flags whose value is a package. */
  packages: ReadonlySet<string>;
  /** Flags whose value is the version of the package before them, or of the next one. */
  versions: ReadonlySet<string>;
  /** `npm create x` runs `create-x`. */
  creates: boolean;
}

const wordsOf = (words = '') => words.split(' ').filter(Boolean);

const expectedOf = (word: string): Expected => (word.includes('\\') ? new RegExp(`^(?:${word})$`) : word);

/** `*` is any word but a flag. */
export function isWord(expected: Expected | undefined, word: string): boolean {
  if (expected === '*') return word !== '' && word[0] !== '-';
  return typeof expected === 'object' ? expected.test(word) : expected === word;
}

function beginsOf(verbs: readonly (readonly Expected[])[]): Tool['begins'] {
  const words = new Set(verbs.map(([first]) => first));
  const patterns = [...words].filter((word) => typeof word === 'object');
  return verbs.length === 0 ? null : (word) => words.has(word) || patterns.some((each) => each.test(word));
}

const NAMES = [...new Set(ROWS.map(({ tools }) => tools))];

/** Where a tool's name stands as a word, also behind a path and in a string that has `\n` for its line end. */
export const TOOL = new RegExp(
  `(?:(?<!\\w|[\\w-]-)|(?<=\\\\[nrt]|-m))(${NAMES.join('|')})(?:\\.(?:exe|cmd|bat|ps1))?(?![\\w.=/:@-]|\\\\\\w)`,
  'gi',
);

const TOOLS = ROWS.map((row): Tool & { named: RegExp } => {
  const verbs = wordsOf(row.verbs).map((verb) => verb.split('+').map(expectedOf));
  return {
    named: new RegExp(`^(?:${row.tools})$`, 'i'),
    ecosystem: row.ecosystem,
    verbs,
    begins: beginsOf(verbs),
    one: row.one ?? false,
    values: new Set(wordsOf(row.values)),
    packages: new Set(wordsOf(row.packages)),
    versions: new Set(wordsOf(row.versions)),
    creates: row.creates ?? false,
  };
});

const known = new Map<string, readonly Tool[]>();

/** The ways to read a command of the tool that `TOOL` has matched by this name. */
export function toolsOf(name: string): readonly Tool[] {
  // `Go get it` begins a sentence.
  if (name === 'Go') return [];
  const tools = known.get(name) ?? TOOLS.filter(({ named }) => named.test(name));
  // Digits behind `pip` are anybody's.
  if (known.size < 1_000) known.set(name, tools);
  return tools;
}

/** Words of which every command has one: nearly all texts are told by these alone. */
export const TOOL_WORDS =
  /pip|easy_install|uv|poetry|pdm|rye|hatch|pixi|conda|mamba|np[mx]|vlt|aube|nypm|pnp|yarn|bun|deno|volta|jspm|expo|\bn[gix]\b|astro|vue|jsr|lerna|\bgo\b|cargo|gem|composer|dotnet|dnx|nuget|paket|Install-Package|mvn|\bcs\b|coursier|jbang|spark|scala|dart|flutter|\bmix\b|gleam|swift/i;
