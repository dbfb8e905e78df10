import type { Open } from './found.ts';
import { readJson } from './json-manifest.ts';
import { readJvm } from './jvm-manifest.ts';
import { GoModule, hexDependency, LockedNpm, lockedGem, Requirements } from './line-manifest.ts';
import { type Line, linesOf } from './lines.ts';
import type { PackageMention } from './mention.ts';
import { SetupCfg, Toml, Yaml } from './section-manifest.ts';
import { AnsibleTasks, fetchedLine, Hooks, TASK } from './task-manifest.ts';
import { readXml } from './xml-manifest.ts';

/** A list of nothing but names is one of requirements where nothing says otherwise. */
const REQUIREMENTS = /^(?:requirements|pip-requirements|pip)?$/;
/** Languages of texts in which a line of TOML may stand without its table. */
const FRAGMENTS = /^(?:toml|ini|text|plaintext|txt|markdown|md|diff)?$/;

interface LineReader {
  read(line: Line): PackageMention[];
  /** What the last line leaves undecided. */
  readonly open?: readonly Open[];
}

interface Form {
  /** Cheap to look for: a text in which `has` finds something has one of these. */
  words: RegExp;
  /** What some line of such a file has, and next to no line of prose or code. */
  has: RegExp;
  reader: (language: string) => LineReader;
}

const always =
  (read: LineReader['read']): Form['reader'] =>
  () => ({ read });

const LINE_FORMS: readonly Form[] = [
  {
    words: /[=~!<>]=|[<>][ \t]*v?\d|@[ \t]*(?:git|http|file|ssh)|egg=|(?:git|hg|svn)\+|-e/,
    has: /^[ \t]*["']?\w[\w.-]*[ \t]*(?:\[[^\]\n]*\][ \t]*)?\(?(?:(?:[=~!<>]=|[<>])[ \t]*v?\d|@[ \t]*(?:git\+|http|file:|ssh:))|egg=|^[ \t]*(?:(?:git|hg|svn)\+|-e[ =]|--editable[ =])/m,
    reader: (language) => new Requirements(REQUIREMENTS.test(language), language),
  },
  {
    words: /v\d+\.\d+\.\d|=>|tool/,
    has: /[ \t]v\d+\.\d+\.\d+|=>[ \t]*[\w-]+\.|\/[\w.~-]{1,100}[ \t]{1,20}(?:v\S{1,100}[ \t]{1,20})?=>|^[ \t]*tool[ \t(]/m,
    reader: () => new GoModule(),
  },
  {
    words: /\(\D{0,4}\d[^)\n]{0,80}\)!?\r?(?:\n|$)/,
    has: /^ {2,8}\w[\w.-]* \(\D{0,4}\d[^)\n]*\)!?\r?$/m,
    reader: always(lockedGem),
  },
  {
    words: /[@/]\d+\.\d+\.\d|@[^@\n]{0,200}:\r?(?:\n|$)|resolution: /,
    has: /[@/]\d+\.\d+\.\d+(?!\d)(?:[^\n:@/]|[@/](?!\d+\.\d+\.\d)){0,200}:|^"?@?[\w./-]+@[^\n]+:\r?$|\sresolution: "/m,
    reader: () => new LockedNpm(),
  },
  {
    words: /\{:[hg]|,[ \t]*"[~<>= \d]/,
    has: /\{:(?:hex|git)\b|\{[ \t]*[a-z]\w*[ \t]*,[ \t]*"[~<>= \d]/,
    reader: always(hexDependency),
  },
  {
    words: /=[ \t]*["'{[]|\]|\.workspace|\/{3} script/,
    has: /^[ \t]*\[[\w."' \t[(-]+|^[ \t]*["']?[\w-]+["']?[ \t]*=[ \t]*(?:["'][\^~<>=]*v?\d|\{|\[[ \t]*(?:["'#]|\r?$))|^[ \t]*[\w-]+\.workspace[ \t]*=[ \t]*true|^# \/{3} script/m,
    reader: (language) => new Toml(FRAGMENTS.test(language)),
  },
  {
    words: /dependenc|packages|specifier|:[ \t]+["']?[\^~<>]/,
    has: /^[ \t]*(?:dependencies|dev_dependencies|dependency_overrides|packages|specifier)[ \t]*:|^[ \t]+[\w"'-]+:[ \t]+["']?[\^~<>]=?[ \t]*\d|^[ \t]+specifier:/m,
    reader: () => new Yaml(),
  },
  {
    words: /requires|extras_require|deps/,
    has: /^(?:install_requires|tests_require|setup_requires|requires|deps)[ \t]*=|^\[options\.extras_require\]/m,
    reader: () => new SetupCfg(),
  },
  {
    words: /pip|npm:|uv:|yarn:|bun|gem:|cargo:/,
    has: TASK,
    reader: () => new AnsibleTasks(),
  },
  {
    words: /additional_dep/,
    has: /additional_dependencies:[ \t]*(?:#.*)?\r?$/m,
    reader: () => new Hooks(),
  },
  {
    words:
      /DEPS|ADD|requirements|additional_dep|nuget|mise|_requires|session|["'](?:npm|pipx|cargo|gem|dotnet):/,
    has: /\/\/DEPS|\bADD\b|>[^>\n]*requirements|additional_dependencies|nuget|mise|_requires[ \t]*=[ \t]*\[|session\.install\(|["'](?:npm|pipx|cargo|gem|dotnet):/,
    reader: always(fetchedLine),
  },
];
/** One name on a line, and next to nothing else. */
const BARE = /^[ \t]*[A-Za-z0-9][\w.-]*[ \t]*(?:\[[\w\s,.-]*\][ \t]*)?(?:[;#].*)?\r?$/m;

const JSON_FORM = /"\s*:\s*["{[/]|"[^"\n@]+@(?:npm:)?\d/;
/** A coordinate, a group, sbt, scala-cli, Clojure, a plugin, a call with both parts. */
const JVM_FORM =
  /["'`,][\w.-]+:{1,3}[A-Za-z]|\bgroup\s*[:=]\s*["']|"\s*%|\/\/>|\w\.\w[\w.-]{0,100}\/[\w.-]{1,100}\s+["{]|\bid\s*\(?\s*["']|(?:Only|ation|pi|path|compile|kapt|ksp|rocessor|platform|artifact)\s*\(\s*["'][\w.-]+["']\s*,/;
const XML_FORM =
  /<(?:\w+:)?(?:Package|GlobalPackage|DotNetCli|dependency|plugin|parent|artifactId|groupId|extension|exclusion|path)/i;

/** Packages that a manifest or lock file lists, in text of any language: often one is shown inside of an answer. */
export function readManifests(text: string, language: string, open: Open[] = []): PackageMention[] {
  const found: PackageMention[] = [];
  // Not spread into a call: a text may list more than a call has room for.
  const add = (all: readonly PackageMention[]) => {
    for (const each of all) found.push(each);
  };
  if (JSON_FORM.test(text)) add(readJson(text, open));
  if (XML_FORM.test(text)) add(readXml(text, open));
  if (JVM_FORM.test(text)) add(readJvm(text));
  const readers = LINE_FORMS.filter(
    ({ words, has }, index) =>
      (words.test(text) && has.test(text)) || (index === 0 && REQUIREMENTS.test(language) && BARE.test(text)),
  ).map(({ reader }) => reader(language));
  if (readers.length === 0) return found;
  for (const line of linesOf(text)) for (const reader of readers) add(reader.read(line));
  for (const reader of readers) open.push(...(reader.open ?? []));
  return found;
}
