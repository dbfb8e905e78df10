/**
 * Which part of a text that is still being written may yet become the name of a package: what the extractors of
 * `imports.ts` and `installs.ts` could still be in the middle of. Every expression is bounded, so the cost is linear.
 */

const END = '(?![\\s\\S])';

/** Statements that may run across a line end: how each begins, what ends it, and how long it is read for. */
const BRACKETS = [
  { begins: /^[ \t]*import[ \t]*\(/gm, ends: ')', reach: 4_000 },
  {
    begins: /(?:^|[;:])[ \t]*(?:>>> ?|\.\.\. ?)?from[ \t]+[\w.]{1,300}[ \t]+import[ \t]*\(/gm,
    ends: ')',
    reach: 1_000,
  },
  { begins: /^[ \t]*use[ \t]*\{/gm, ends: ';', reach: 4_000 },
];

/** What may go on behind white space, unfinished where the text ends. */
const TAILS = [
  `\\b(?:from|import|require(?:\\.resolve)?|__import__|import_module)\\s{0,20}(?:\\(\\s{0,50})?${END}`,
  `\\breference\\s{1,5}${END}`,
].map((source) => new RegExp(source));

/** More than the longest of these, and what stands before it. */
const TAIL = 100;

const lineStart = (text: string, at: number) => (at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1);

/** Where the first statement begins whose bracket is open at the end of `text`; -1 when there is none. */
function openBracket(text: string): number {
  let first = -1;
  for (const { begins, ends, reach } of BRACKETS) {
    // A bracket before this has been closed, or is too far away to be read to here.
    const from = Math.max(text.lastIndexOf(ends) + 1, text.length - reach - 1, 0);
    begins.lastIndex = lineStart(text, from);
    for (let match = begins.exec(text); match; match = begins.exec(text)) {
      if (match.index + match[0].length <= from) continue;
      if (first === -1 || match.index < first) first = match.index;
      break;
    }
  }
  return first;
}

/**
 * `text` begins and ends with a line. Where the lines begin that belong to a statement which is not finished: the
 * length of `text` when there is none. Everything before can be read without what follows. Reads some thousand characters
 * for each statement that ends where the next one is open, whatever the length of `text`.
 */
export function statementHold(text: string): number {
  let hold = text.length;
  while (hold > 0) {
    const before = text.slice(0, hold);
    let at = hold;
    // A command goes on behind a backslash.
    const line = /\\(\r?\n)$/.exec(before.slice(-3));
    if (line) at = lineStart(before, hold - (line[1] ?? '').length);
    else {
      const tail = before.slice(-TAIL);
      const found = TAILS.map((pattern) => tail.search(pattern)).find((index) => index !== -1);
      const open = found === undefined ? openBracket(before) : hold - tail.length + found;
      if (open !== -1) at = lineStart(before, open);
    }
    if (at >= hold) break;
    hold = at;
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
