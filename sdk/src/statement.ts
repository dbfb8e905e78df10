/**
 * Which part of a text that is still being written may yet become the name of a package: what the extractors of
 * `imports.ts` and `installs.ts` could still be in the middle of. Every expression is bounded, so the cost is linear.
 */

const END = '(?![\\s\\S])';

/** Statements that may run across a line end, unfinished where the text ends. */
const OPEN = [
  `^[ \\t]*import[ \\t]*\\([^)]{0,4000}${END}`,
  `(?:^|[;:])[ \\t]*(?:>>> ?|\\.\\.\\. ?)?from[ \\t]+[\\w.]{1,300}[ \\t]+import[ \\t]*\\([^)]{0,1000}${END}`,
  `^[ \\t]*use[ \\t]*\\{[^;]{0,4000}${END}`,
  `\\b(?:from|import|require(?:\\.resolve)?|__import__|import_module)\\s{0,20}(?:\\(\\s{0,50})?${END}`,
  `\\breference\\s{1,5}${END}`,
].map((source) => new RegExp(source, 'm'));

/** From the bracket of an open statement to its end, the longest there is. */
const REACH = 4_002;

const lineStart = (text: string, at: number) => (at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1);

/**
 * `text` begins and ends with a line. Where the lines begin that belong to a statement which is not finished: the
 * length of `text` when there is none. Everything before can be read without what follows.
 */
export function statementHold(text: string): number {
  let hold = text.length;
  for (let moved = true; moved && hold > 0; ) {
    moved = false;
    const before = text.slice(0, hold);
    // A command goes on behind a backslash.
    if (/\\\r?\n$/.test(before)) {
      hold = lineStart(before, before.replace(/\r?\n$/, '').length);
      moved = true;
      continue;
    }
    // What is open reaches the end within so many characters: lines before that would be read in vain, each time.
    const since = lineStart(before, Math.max(0, hold - REACH));
    const recent = before.slice(since);
    for (const open of OPEN) {
      const match = open.exec(recent);
      if (!match) continue;
      const at = lineStart(before, since + match.index);
      if (at < hold) {
        hold = at;
        moved = true;
        break;
      }
    }
  }
  return hold;
}

const GAP = '[ \\t"\',]{1,8}';
const COMMAND =
  '(?:pip[0-9.]{0,5}|pipx|pipenv|uvx?|poetry|pdm|conda|mamba|npm|npx|yarn|pnpm|bunx?|go|cargo|gem|bundle|composer|dotnet|nuget|Install-Package)';
const VERB = '(?:install|add|run|inject|i|in|exec|dlx|x|get|require|global|package)';

/** Where in a line something begins that may bring in a package, as far as the line goes now. */
const LIVE = new RegExp(
  [
    `(?=(?:import|from|use|using)\\b)(?<=(?:^|[;:{}])[ \\t]*(?:>>> ?|\\.\\.\\. ?)?(?:global[ \\t]+|pub(?:\\([^)\\n]{1,50}\\))?[ \\t]+)?)`,
    `\\bfrom\\s{0,20}(?:['"]|${END})`,
    `\\b(?:require(?:\\.\\w{0,7})?|import|gem|__import__|import_module)\\s{0,20}(?:[('"]|${END})`,
    `\\bextern(?:[ \\t]+(?:crate\\b|\\w{0,5}${END})|${END})`,
    `\\breference\\s{1,5}(?:types=|[types=]{0,6}${END})`,
    `(?<![\\w-])(?:npx|bunx|uvx|Install-Package)${GAP}`,
    `(?<![\\w-])${COMMAND}(?:${END}|${GAP}(?:-{1,2}[\\w=./-]{1,50}${GAP}){0,4}(?:${VERB}\\b|[\\w=./-]{0,60}${END}))`,
    `(?<![\\w-])${COMMAND}[ \\t"',]{0,8}${END}`,
  ].join('|'),
  'gm',
);

const WORDS = [
  'import',
  'from',
  'use',
  'using',
  'require',
  'gem',
  '__import__',
  'import_module',
  'extern',
  'reference',
  'pip',
  'pipx',
  'pipenv',
  'uv',
  'uvx',
  'poetry',
  'pdm',
  'conda',
  'mamba',
  'npm',
  'npx',
  'yarn',
  'pnpm',
  'bun',
  'bunx',
  'go',
  'cargo',
  'bundle',
  'composer',
  'dotnet',
  'nuget',
  'Install-Package',
  'global',
  'pub',
];

/** Longer than any of them, and any part of one with a version. */
const LONGEST_WORD = 24;

/**
 * Where in `line`, the line being written and the open statement before it, something begins that may yet bring in a
 * package; else its length. `from` is what this told when the line was shorter: nothing begins before it.
 */
export function lineHold(line: string, from = 0): number {
  LIVE.lastIndex = from;
  const live = LIVE.exec(line)?.index ?? line.length;
  const word = /[A-Za-z_][\w-]*$/.exec(line.slice(-LONGEST_WORD));
  // `x-import` ends in a keyword too: `\b` is true behind a hyphen.
  const tails = word ? [word[0], word[0].slice(word[0].lastIndexOf('-') + 1)] : [];
  const partial = tails.find((tail) => tail !== '' && WORDS.some((keyword) => keyword.startsWith(tail)));
  return Math.min(live, partial === undefined ? line.length : line.length - partial.length);
}
