import type { Ecosystem } from './ecosystems.ts';
import { mention, type Open } from './found.ts';
import { goNames } from './go.ts';
import type { Line } from './lines.ts';
import type { PackageMention } from './mention.ts';
import { readSpecifier } from './specifiers.ts';

/** Dependencies of which each stands on a line that says by its form what it is, also where only that line is there. */

const at = (
  ecosystem: Ecosystem,
  { text, start }: Line,
  name: string,
  version: string | null,
  names: readonly string[] = [name],
): PackageMention[] => {
  const offset = start + text.indexOf(name);
  return mention(ecosystem, 'manifest', names, offset, offset + name.length, version);
};

const VERSION = String.raw`v?\d[\w.*+!-]*`;
/** `name==1.0`, with extras, markers, hashes, a comment, or a line that goes on. */
const REQUIREMENT = new RegExp(
  String.raw`^\s*["']?([A-Za-z0-9][\w.-]*)\s{0,20}(?:\[[\w\s,.-]*\])?\s{0,20}\(?((?:===?|~=|!=|[<>]=?)\s{0,20}${VERSION}(?:\s{0,20},\s{0,20}(?:===?|~=|!=|[<>]=?)\s{0,20}${VERSION})*)\)?["']?\s{0,20},?\s{0,20}(?:;.*|#.*|--hash.*|\\.*)?$`,
);
const ADDRESS =
  /^\s*["']?([A-Za-z0-9][\w.-]*)\s{0,20}(?:\[[\w\s,.-]*\])?\s{0,20}@\s{0,20}(?:git\+|https?:|file:|ssh:)\S+/;
const OPTION = /^\s*(?:-e|--editable)[ =]\s{0,20}(\S.*)$|^\s*((?:git|hg|svn)\+\S+)/;
const BARE = /^\s*([A-Za-z0-9][\w.-]*)\s{0,20}(?:\[[\w\s,.-]*\])?\s{0,20}(?:;.*|#.*)?$/;
/** The line before is one of code that goes on: `if (`, `a &&`. */
const GOES_ON =
  /(?:^|[^\w$])(?:if|while|elif|elsif|unless|when|where|assert|return|and|or|not)\s*\(?\s*$|(?:&&|\|\||\?)\s*\(?\s*$/;
/** The line before opens a text of several lines: a string, a here-document. */
const OPENS_TEXT = /(?:"""|'''|`|<<[-~]?\s*["']?\w+["']?.*|[=(,[+]\s*[a-zA-Z@$]{0,2}["'])\\?\s*$/;
const FENCE = /^\s{0,12}(?:`{3,}|~{3,})\s*([\w+#-]*)/;
/** Languages in which `name >= 1` on a line of its own compares. */
const CODE =
  /^(?:python3?|py|pyi|ipython|cython|javascript(?:react)?|typescript(?:react)?|[cm]?[jt]sx?|vue|svelte|astro|go|golang|java|kotlin|kts?|scala|groovy|gradle|csharp|c#|cs|fsharp|f#|fs|vb|razor|rust|rs|php|ruby|rb|dart|flutter|elixir|exs?|swift|c|h|hpp|cpp|c\+\+|cc|cxx|objc|objective-c|objectivec|sql|[pt]l?sql|mysql|postgres(?:ql)?|sqlite|lua|perl|pl|r|julia|jl|matlab|octave|haskell|hs|ocaml|ml|clojure|clj|lisp|scheme|erlang|erl|zig|nim|d|solidity|sol|glsl|hlsl|wgsl|cuda|verilog|vhdl|fortran|pascal|ada|cobol|crystal|v|cel|rego|hcl|terraform|tf|css|scss|less)$/i;
/** What else a file of requirements holds. */
const REQUIREMENTS_LINE = /^\s*(?:#.*|-{1,2}\w.*)?$/;

/**
 * requirements.txt. A name alone counts behind a line that could stand nowhere else, or where the language says so. In code,
 * and in a block of it, a line counts in quotes of its own or in a text of several lines: elsewhere it compares.
 */
export class Requirements {
  #certain: boolean;
  readonly #isCode: boolean;
  /** Whether the block of Markdown that is open holds code; null outside of one. */
  #block: boolean | null = null;
  /** The last line that is not empty. */
  #before = '';
  #inText = false;

  constructor(certain: boolean, language = '') {
    this.#certain = certain;
    this.#isCode = CODE.test(language);
  }

  read(line: Line): PackageMention[] {
    const { text } = line;
    const before = this.#before;
    if (text.trim() !== '') this.#before = text;
    if (!this.#isCode) {
      const fence = FENCE.exec(text);
      if (fence) this.#block = this.#block === null ? CODE.test(fence[1] as string) : null;
    }
    const found = this.#read(line, before);
    this.#inText = found.length > 0 || (this.#inText && REQUIREMENTS_LINE.test(text));
    return found;
  }

  /** Whether `name >= 1` would be a comparison here. */
  #compares(text: string, before: string): boolean {
    if (/^\s*["']/.test(text) || this.#inText) return false;
    if (GOES_ON.test(before)) return true;
    return (this.#block ?? this.#isCode) && !OPENS_TEXT.test(before);
  }

  #read(line: Line, before: string): PackageMention[] {
    const { text } = line;
    const pinned = REQUIREMENT.exec(text);
    if (pinned && this.#compares(text, before)) return [];
    if (pinned) {
      this.#certain = true;
      return at('pypi', line, pinned[1] as string, pinned[2] as string);
    }
    const addressed = ADDRESS.exec(text);
    if (addressed) return at('pypi', line, addressed[1] as string, null);
    const option = OPTION.exec(text);
    if (option) {
      const address = option[1] ?? option[2] ?? '';
      return readSpecifier('pypi', address, line.start + text.indexOf(address), 'manifest');
    }
    const bare = this.#certain ? BARE.exec(text) : null;
    if (bare) return at('pypi', line, bare[1] as string, null);
    if (!REQUIREMENTS_LINE.test(text)) this.#certain = false;
    return [];
  }
}

const GO_MODULE =
  /^\s*(?:(?:require|replace|exclude|tool)\s+)?\(?\s*([\w-]+(?:\.[\w-]+)+(?:\/[\w.~-]+)*)\s+(v\d+\.\d+\.\d+[\w.+-]*)(?:\/go\.mod)?(?:\s|\)|$)/;
const GO_REPLACED = /=>\s*([\w-]+(?:\.[\w-]+)+(?:\/[\w.~-]+)*)(?:\s+(v\d\S*))?/;
const GO_REPLACES = /^\s*(?:replace\s+)?([\w-]+(?:\.[\w-]+)+(?:\/[\w.~-]+)+)\s+(?:v\S+\s+)?=>/;
const GO_TOOL = /^\s*tool\s+([\w-]+(?:\.[\w-]+)+(?:\/[\w.~-]+)+)\s*$/;

const GO_TOOLS = /^\s*tool\s*\(\s*$/;
const GO_PATH = /^\s*([\w-]+(?:\.[\w-]+)+(?:\/[\w.~-]+)+)\s*$/;

/** go.mod and go.sum. */
export class GoModule {
  /** Inside of `tool ( … )`, where a path stands alone. */
  #inTools = false;

  read(line: Line): PackageMention[] {
    const text = line.text.replace(/\/\/.*$/, '');
    const path = this.#inTools ? GO_PATH.exec(text)?.[1] : undefined;
    this.#inTools = GO_TOOLS.test(text) || (this.#inTools && (path !== undefined || text.trim() === ''));
    return path === undefined ? goModule(line) : at('golang', line, path, null, goNames(path));
  }
}

function goModule(line: Line): PackageMention[] {
  const text = line.text.replace(/\/\/.*$/, '');
  const of = (path: string, version: string | null) => at('golang', line, path, version, goNames(path));
  const found: PackageMention[] = [];
  const own = GO_MODULE.exec(text) ?? GO_TOOL.exec(text) ?? GO_REPLACES.exec(text);
  if (own) found.push(...of(own[1] as string, own[2] ?? null));
  const other = GO_REPLACED.exec(text);
  if (other && other[1] !== own?.[1]) found.push(...of(other[1] as string, other[2] ?? null));
  return found;
}

const LOCKED_GEM = /^ {2,8}([A-Za-z0-9_][\w.-]*) \(((?:[~<>=!]+ ?)?\d[^)]*)\)!?$/;
/** Gemfile.lock. */
export function lockedGem(line: Line): PackageMention[] {
  const gem = LOCKED_GEM.exec(line.text);
  return gem ? at('gem', line, gem[1] as string, gem[2] as string) : [];
}

const YARN_KEY = /^"?(?:@[\w.~-]+\/)?[\w.~-]+@[^\s"][^"]*"?(?:, .*)?:$/;
const YARN_SPEC = /"?((?:@[\w.~-]+\/)?[\w.~-]+)@((?:npm:)?[^",]*)"?/g;
const YARN_RESOLUTION = /^\s+resolution: "((?:@[\w.~-]+\/)?[\w.~-]+)@npm:([^"]+)"$/;
const PNPM_KEY =
  /^\s+['"]?\/?((?:@[\w.~-]+\/)?[A-Za-z0-9_~][\w.~-]*)[@/](\d+\.\d+\.\d+[\w.+-]*)(?:[(_][^:]*)?['"]?:\s*(?:\{.*)?$/;

const YARN_VERSION = /^ {2}version:? "?([^"]+?)"?$/;

/** yarn.lock, both kinds, and the packages of pnpm-lock.yaml. */
export class LockedNpm {
  /** What the last line named, by the versions it asked for: which one it got stands on the next. */
  #asked: PackageMention[] = [];

  get open(): readonly Open[] {
    return this.#asked;
  }

  read(line: Line): PackageMention[] {
    const got = YARN_VERSION.exec(line.text)?.[1];
    if (got !== undefined) for (const one of this.#asked) one.version = got;
    this.#asked = YARN_KEY.test(line.text) ? asked(line) : [];
    if (this.#asked.length > 0) return this.#asked;
    const own = YARN_RESOLUTION.exec(line.text) ?? PNPM_KEY.exec(line.text);
    return own ? at('npm', line, own[1] as string, own[2] as string) : [];
  }
}

function asked({ text, start }: Line): PackageMention[] {
  const found: PackageMention[] = [];
  for (const spec of text.matchAll(YARN_SPEC)) {
    const [, name = '', version = ''] = spec;
    const from = start + spec.index + spec[0].indexOf(name);
    found.push(
      ...mention('npm', 'manifest', [name], from, from + name.length, version.replace(/^npm:|:$/g, '')),
    );
    const alias = /^npm:((?:@[\w.~-]+\/)?[A-Za-z][\w.~-]*)@/.exec(version)?.[1];
    if (alias !== undefined) {
      const real = start + spec.index + spec[0].lastIndexOf(alias);
      found.push(...mention('npm', 'manifest', [alias], real, real + alias.length));
    }
  }
  return found;
}

const MIX_LOCK = /^\s*"([a-z]\w*)":\s*\{:(?:hex|git)\b(?:,\s*:\w+,\s*"([^"]*)")?/;
const REBAR = /\{\s*([a-z]\w*)\s*,\s*"([~<>= \d][^"]*)"\s*\}/;

/** mix.lock and rebar.config; mix.exs is read with the language. */
export function hexDependency(line: Line): PackageMention[] {
  const own = MIX_LOCK.exec(line.text) ?? REBAR.exec(line.text);
  return own ? at('hex', line, own[1] as string, own[2] ?? null) : [];
}
