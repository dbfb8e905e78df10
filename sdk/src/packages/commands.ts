import { ROWS } from './command-table.ts';
import type { Ecosystem } from './ecosystems.ts';

/** A tool that brings packages in, and how its command line is read. */
export interface Tool {
  ecosystem: Ecosystem;
  /** Subcommands behind which packages stand; each word is matched whole. None: they stand behind the tool's name. */
  verbs: readonly (readonly RegExp[])[];
  /** What a subcommand of it begins with; null where it needs none. */
  begins: RegExp | null;
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

const verbOf = (verb: string) =>
  verb.split('+').map((word) => new RegExp(`^(?:${word === '*' ? '[^-].*' : word})$`));

const beginsOf = (verbs: readonly string[]) =>
  verbs.length === 0
    ? null
    : new RegExp(`^(?:${[...new Set(verbs.map((verb) => verb.split('+')[0]))].join('|')})$`);

const NAMES = [...new Set(ROWS.map(({ tools }) => tools))];

/** Where a tool's name stands as a word, also behind a path and in a string that has `\n` for its line end. */
export const TOOL = new RegExp(
  `(?:(?<!\\w|[\\w-]-)|(?<=\\\\[nrt]|-m))(${NAMES.join('|')})(?:\\.(?:exe|cmd|bat|ps1))?(?![\\w.=/:@-]|\\\\\\w)`,
  'gi',
);

const TOOLS = ROWS.map((row): Tool & { named: RegExp } => ({
  named: new RegExp(`^(?:${row.tools})$`, 'i'),
  ecosystem: row.ecosystem,
  verbs: wordsOf(row.verbs).map(verbOf),
  begins: beginsOf(wordsOf(row.verbs)),
  one: row.one ?? false,
  values: new Set(wordsOf(row.values)),
  packages: new Set(wordsOf(row.packages)),
  versions: new Set(wordsOf(row.versions)),
  creates: row.creates ?? false,
}));

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
