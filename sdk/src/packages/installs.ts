import type { Ecosystem } from './ecosystems.ts';
import type { PackageMention } from './mention.ts';

/**
 * Package names in install commands, found in text of any language: shell lines, README prose,
 * `os.system("pip install x")` and `["pip", "install", "x"]`. Values of flags are read as names too: a rule
 * that does not list them is not touched, and no flag can hide a package. Lengths are bounded so that
 * hostile text costs linear time.
 */

const GAP = '[ \\t"\',]{1,8}';
const FLAGS = `(?:-{1,2}[\\w=./-]{1,50}${GAP}){0,4}`;
const TAIL = '((?:[^\\n\\r;&|`\\\\]|\\\\\\r?\\n){1,4000})';

const COMMANDS: readonly [Ecosystem, string][] = [
  [
    'pypi',
    `(?:pip[0-9.]{0,5}|pipx|pipenv|uv|poetry|pdm|conda|mamba)${GAP}${FLAGS}(?:install|add|run|inject)`,
  ],
  ['pypi', 'uvx'],
  ['npm', `(?:npm|yarn|pnpm|bun)${GAP}${FLAGS}(?:global${GAP})?(?:install|i|add|in|exec|dlx|x)`],
  ['npm', '(?:npx|bunx)'],
  ['golang', `go${GAP}(?:get|install)`],
  ['cargo', `cargo${GAP}(?:add|install)`],
  ['gem', `(?:gem|bundle)${GAP}(?:install|add)`],
  ['composer', `composer${GAP}(?:global${GAP})?require`],
  [
    'nuget',
    `(?:dotnet${GAP}(?:add${GAP})(?:[^ \\t\\n]{1,200}${GAP})?package|nuget${GAP}install|Install-Package)`,
  ],
];

const INSTALLS = COMMANDS.map(
  ([ecosystem, command]) => [ecosystem, new RegExp(`(?<![\\w-])${command}(?=${GAP})${TAIL}`, 'gd')] as const,
);

/** Where the name ends and a version, extra or marker begins. */
const VERSION_AT: Partial<Record<Ecosystem, RegExp>> = {
  pypi: /[=<>!~[;@]/,
  npm: /(?<=.)@/,
  golang: /@/,
  cargo: /[@=]/,
  gem: /[:=]/,
  composer: /[:=]/,
  nuget: /[@=]/,
};

const TOKEN = /[^\s"',()\]{}\\]+/g;

function segments(path: string, depth: number): string[] {
  const parts = path.split('/');
  const names: string[] = [];
  for (let n = parts.length; n >= depth; n--) names.push(parts.slice(0, n).join('/'));
  return names;
}

/** The bare name in one argument of an install command; null for flags, paths and operators. */
function nameIn(argument: string, ecosystem: Ecosystem): string | null {
  if (!/^[\w@]/.test(argument)) return null;
  const end = argument.search(VERSION_AT[ecosystem] ?? /[@=]/);
  const name = (end === -1 ? argument : argument.slice(0, end)).replace(/[.:]+$/, '');
  return name === '' || name === '@' ? null : name;
}

/** Words of which every command has one: nearly all texts are told by these alone. */
const TOOLS =
  /pip|uv|poetry|pdm|conda|mamba|npm|yarn|bun|npx|go[ \t"',]|cargo|gem|composer|dotnet|nuget|Install-Package/;

export function extractInstalls(text: string): PackageMention[] {
  const found: PackageMention[] = [];
  if (!TOOLS.test(text)) return found;
  for (const [ecosystem, command] of INSTALLS) {
    for (const match of text.matchAll(command)) {
      const tail = match[1] ?? '';
      const tailStart = match.indices?.[1]?.[0] ?? match.index;
      for (const token of tail.matchAll(TOKEN)) {
        if (token[0].startsWith('#')) break;
        const name = nameIn(token[0], ecosystem);
        if (name === null) continue;
        const start = tailStart + token.index;
        const names = ecosystem === 'golang' ? segments(name, 1) : [name];
        const alias = ecosystem === 'npm' ? /@npm:(@?[^@]+)/.exec(token[0])?.[1] : undefined;
        if (alias !== undefined) names.push(alias);
        found.push({
          ecosystem,
          names,
          version: null,
          how: 'install',
          start,
          end: start + (alias === undefined ? name.length : token[0].length),
        });
      }
    }
  }
  return found;
}
