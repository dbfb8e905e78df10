import { dart } from './dart.ts';
import { dotnet } from './dotnet.ts';
import { elixir } from './elixir.ts';
import type { Reader } from './found.ts';
import { go } from './go.ts';
import { extractInstalls } from './installs.ts';
import { javascript } from './javascript.ts';
import { jvm } from './jvm.ts';
import type { PackageMention } from './mention.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { swift } from './swift.ts';

/** Without one of its words there is nothing for a reader to read: one cheap look instead of many. */
const where =
  (words: RegExp, read: Reader): Reader =>
  (text, mixed) =>
    words.test(text) ? read(text, mixed) : [];

const PYTHON = where(/import|find_spec|run_module/, python);
const JAVASCRIPT = where(/from|require|import|types\s*=|define|[mM]ock|Actual|\/\//, javascript);
const GO = where(/import/, go);
const JVM = where(/import|requires|forName|loadClass/, jvm);
const DOTNET = where(/using|open|Imports|#r|#:/, dotnet);
const RUST = where(/use|crate/, rust);
const PHP = where(/use|vendor/i, php);
const RUBY = where(/require|gem|load|_dependency/, ruby);
const DART = where(/package:/, dart);
const ELIXIR = where(/alias|import|require|use|\{\s*:/, elixir);
const SWIFT = where(/import|\.package/, swift);

const EVERY: readonly Reader[] = [PYTHON, JAVASCRIPT, GO, JVM, DOTNET, RUST, PHP, RUBY, DART, ELIXIR, SWIFT];
const NONE: readonly Reader[] = [];

const BY_LANGUAGE = new Map<string, readonly Reader[]>();
const register = (names: string, readers: readonly Reader[]) => {
  for (const name of names.split(' ')) BY_LANGUAGE.set(name, readers);
};
register('python py python3 ipython cython pyi', [PYTHON]);
register('javascript js jsx mjs cjs typescript ts tsx javascriptreact typescriptreact vue svelte astro', [
  JAVASCRIPT,
]);
register('go golang', [GO]);
register('java kotlin kt kts scala groovy gradle', [JVM]);
register('csharp c# cs fsharp f# fs vb razor', [DOTNET]);
register('rust rs', [RUST]);
register('php', [PHP]);
register('ruby rb', [RUBY]);
register('dart flutter', [DART]);
register('elixir ex exs', [ELIXIR]);
register('swift', [SWIFT]);
register('shell bash sh zsh fish powershell console shellscript dockerfile makefile', NONE);

/**
 * Packages that `text` imports, installs or lists as dependencies, in no particular order. A language without an entry
 * (chat, markdown, absent) is read with every reader, so that leaving the language out cannot hide a package.
 */
export function readPackages(text: string, language?: string | null): PackageMention[] {
  const readers = language ? BY_LANGUAGE.get(language.trim().toLowerCase()) : undefined;
  const mixed = readers === undefined;
  return (readers ?? EVERY).flatMap((read) => read(text, mixed)).concat(extractInstalls(text));
}
