import { spend, type Work } from '../work.ts';
import { DART, dart } from './dart.ts';
import { DOTNET, dotnet } from './dotnet.ts';
import { ELIXIR, elixir } from './elixir.ts';
import type { Open, Reader } from './found.ts';
import { GO, go } from './go.ts';
import { JAVASCRIPT, javascript } from './javascript.ts';
import { JVM, jvm } from './jvm.ts';
import type { Syntax } from './lex.ts';
import { readManifests } from './manifest.ts';
import type { PackageMention } from './mention.ts';
import { PHP, php } from './php.ts';
import { PYTHON, python } from './python.ts';
import { RUBY, ruby } from './ruby.ts';
import { RUST, rust } from './rust.ts';
import { BATCH, readCommands, SHELL } from './shell.ts';
import { SWIFT, swift } from './swift.ts';

/** Languages whose statements are read alike; the names that operators give them. */
interface Family {
  languages: string;
  comments: Syntax;
  /** Without one of these there is nothing to read: one cheap look instead of many. */
  words: RegExp;
  read: Reader;
}

const FAMILIES: readonly Family[] = [
  {
    languages: 'python py python3 ipython cython pyi',
    comments: PYTHON,
    words: /import|find_spec|run_module|pkg_resources|micropip|piplite/,
    read: python,
  },
  {
    languages:
      'javascript js jsx mjs cjs typescript ts tsx mts cts javascriptreact typescriptreact vue svelte astro',
    comments: JAVASCRIPT,
    words: /from|[rR]equire|import|types\s*=|define|[mM]ock|Actual|\/\//,
    read: javascript,
  },
  { languages: 'go golang', comments: GO, words: /import/, read: go },
  {
    languages: 'java kotlin kt kts scala groovy gradle',
    comments: JVM,
    words: /import|requires|forName|loadClass|\w\.\w{1,60}\.[A-Z]/,
    read: jvm,
  },
  {
    languages: 'csharp c# cs fsharp f# fs vb razor',
    comments: DOTNET,
    words: /using|open|Imports|#r|#:|\.[A-Z]\w{0,100}\.[A-Z]/,
    read: dotnet,
  },
  { languages: 'rust rs', comments: RUST, words: /use|crate|::/, read: rust },
  { languages: 'php', comments: PHP, words: /use|vendor|\\[A-Z]/i, read: php },
  { languages: 'ruby rb', comments: RUBY, words: /require|[gG]em|load|_dependency/, read: ruby },
  { languages: 'dart flutter', comments: DART, words: /package:/, read: dart },
  {
    languages: 'elixir ex exs',
    comments: ELIXIR,
    words: /alias|import|require|use|Mix\.install|\{\s*:/,
    read: elixir,
  },
  { languages: 'swift', comments: SWIFT, words: /import|\.package/, read: swift },
];

interface Language {
  families: readonly Family[];
  comments?: Syntax;
}

const LANGUAGES = new Map<string, Language>();
const register = (names: string, language: Language) => {
  for (const name of names.split(' ')) LANGUAGES.set(name, language);
};
for (const family of FAMILIES) register(family.languages, { families: [family], comments: family.comments });
register('shell bash sh zsh fish powershell pwsh ps1 console shellscript dockerfile docker makefile make', {
  families: [],
  comments: SHELL,
});
register('bat batch cmd dosbatch', { families: [], comments: BATCH });
/** A language without an entry (chat, markdown, absent) is read by all, so that leaving it out cannot hide a package. */
const ANY: Language = { families: FAMILIES };

/** A shell that hands a program to an interpreter, or writes one. */
const PROGRAM =
  /\b(?:python|node|deno|bun|ruby|php|elixir)[\w.]{0,8}\b[^\n]{0,200}?(?:\s-\w?[ce]\b|<<)|<<[-~]?[ \t]{0,4}["'\\]?[A-Za-z_]/;

/** Units of work for each UTF-16 unit and reader; the dearest texts take about as long. */
const READER = 4;

/**
 * Packages that `text` imports, installs or lists as dependencies, in no particular order. Throws `OutOfWork` where the
 * text asks for more than `work` has left. What the end of the text leaves undecided is added to `open`.
 */
export function readPackages(
  text: string,
  language?: string | null,
  work: Work = { units: 0, most: Number.POSITIVE_INFINITY },
  open: Open[] = [],
): PackageMention[] {
  const name = language?.trim().toLowerCase() ?? '';
  const known = LANGUAGES.get(name);
  const { families, comments } = known ?? ANY;
  const program = comments === SHELL ? text.search(PROGRAM) : -1;
  const runs = program !== -1;
  const found: PackageMention[] = [];
  // Not spread into a call: a text may have more packages than a call has room for.
  const add = (all: readonly PackageMention[]) => {
    for (const each of all) found.push(each);
  };
  for (const { words, read } of runs ? FAMILIES : families) {
    if (!words.test(text)) continue;
    spend(work, READER * text.length);
    const all = read(text, known === undefined || runs, open);
    add(runs ? all.filter(({ start }) => start >= program) : all);
  }
  add(readCommands(text, comments, work));
  spend(work, READER * text.length);
  add(readManifests(text, name, open));
  return found;
}
