import type { Ecosystem } from '#sdk/packages/ecosystems';
import { checked } from './item.ts';
import type { Rows } from './list.ts';
import { readPurl } from './purl.ts';
import { versionsIn } from './version-words.ts';

/** A file that a package manager writes: how it is told, and one reader for its lines. */
type LockFile = {
  form: string;
  is: (text: string) => boolean;
  read: (lines: readonly string[], rows: Rows) => void;
};

type Entry = { name: string | undefined; ecosystem: Ecosystem | null; version: string | undefined };

/** Only what has a name and a version is an entry; the lines between belong to it. */
function put(rows: Rows, { name, ecosystem, version }: Entry, line: number, text: string): void {
  if (name === undefined) return;
  const versions = version === undefined ? null : (versionsIn(version) ?? null);
  rows.add(checked({ name, ecosystem, versions }), 'entry', line, text);
}

/** Files of one entry a line. */
const eachLine =
  (form: RegExp, ecosystem: Ecosystem, name = (found: string) => found): LockFile['read'] =>
  (lines, rows) => {
    for (const [at, text] of lines.entries()) {
      const found = form.exec(text)?.groups;
      put(rows, { name: found?.name && name(found.name), ecosystem, version: found?.version }, at + 1, text);
    }
  };

/** `"@a/b@npm:^1, @a/b@^1.2":`, and the version in the lines below. */
const YARN_HEAD = /^"?(?<name>(?:@[^/@\s"]+\/)?[^@\s"]+)@[^:].*:\s*$/;

const readYarn: LockFile['read'] = (lines, rows) => {
  let open: { name: string; line: number; text: string } | null = null;
  for (const [at, text] of lines.entries()) {
    if (/^\S/.test(text)) {
      const name = YARN_HEAD.exec(text)?.groups?.name;
      // A project's own packages are no packages of the registry.
      open =
        name === undefined || /@(?:workspace|link|portal|patch):/.test(text)
          ? null
          : { name, line: at + 1, text };
    }
    const version = /^\s+"?version"?:?\s+"?(?<version>[^"\s]+)"?/.exec(text)?.groups?.version;
    if (!open || version === undefined) continue;
    put(rows, { name: open.name, ecosystem: 'npm', version }, open.line, open.text);
    open = null;
  }
};

/** `/@a/b/1.2.3:`, `/a@1.2.3(peer@1):` or `'@a/b@1.2.3':` below `packages:`. */
const PNPM = /^ {2}['"]?\/?(?<name>(?:@[^/@\s]+\/)?[^/@\s'"(]+)[@/](?<version>\d[^\s:('"_]*)[^:]*:/;

const readPnpm: LockFile['read'] = (lines, rows) => {
  let inside = false;
  for (const [at, text] of lines.entries()) {
    if (/^\S/.test(text)) inside = /^packages:/.test(text);
    const found = inside ? PNPM.exec(text)?.groups : undefined;
    put(rows, { name: found?.name, ecosystem: 'npm', version: found?.version }, at + 1, text);
  }
};

/** `[[package]]` tables, as Cargo, Poetry, uv and PDM write them. */
const readToml =
  (ecosystem: Ecosystem): LockFile['read'] =>
  (lines, rows) => {
    let open: { name?: string; version?: string; line: number; text: string } | null = null;
    const close = () => {
      if (open) put(rows, { name: open.name, ecosystem, version: open.version }, open.line, open.text);
      open = null;
    };
    for (const [at, text] of lines.entries()) {
      if (/^\[/.test(text)) {
        close();
        if (/^\[\[package\]\]/.test(text)) open = { line: at + 2, text };
      }
      const found = /^(?<key>name|version)\s*=\s*["'](?<value>[^"']+)["']/.exec(text)?.groups;
      if (!open || !found) continue;
      if (found.key === 'name') open = { ...open, name: found.value ?? '', line: at + 1, text };
      else open = { ...open, version: found.value ?? '' };
    }
    close();
  };

const GO_SUM = /^(?<name>[\w.~-]+(?:\/[\w.~!-]+)*) (?<version>v\d\S*?)(?:\/go\.mod)? h1:\S+$/;
/** Modules in upper case are written with a mark before the letter. */
const goPath = (path: string) => path.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());

const readGoMod: LockFile['read'] = (lines, rows) => {
  let block = '';
  for (const [at, text] of lines.entries()) {
    const opens = /^(?<word>\w+)\s*\(/.exec(text)?.groups?.word;
    if (opens) block = opens;
    else if (/^\s*\)/.test(text)) block = '';
    else {
      const found = /^(?<word>require\s+)?\s*(?<name>[\w.~-]+(?:\/[\w.~-]+)*)\s+(?<version>v\d\S*)/.exec(
        text,
      )?.groups;
      if (!found || !(block === 'require' || (block === '' && found.word))) continue;
      put(rows, { name: found.name, ecosystem: 'golang', version: found.version }, at + 1, text);
    }
  }
};

/** Gems with their versions stand four blanks deep below `specs:`; what they need stands deeper. */
const readGemfile: LockFile['read'] = eachLine(/^ {4}(?<name>[\w.-]+) \((?<version>[^\s)]+)\)$/, 'gem');

/** `  a:` below `packages:`, its version deeper. */
const readPubspec: LockFile['read'] = (lines, rows) => {
  let open: { name: string; line: number; text: string } | null = null;
  for (const [at, text] of lines.entries()) {
    const name = /^ {2}(?<name>\w+):\s*$/.exec(text)?.groups?.name;
    if (name !== undefined) open = { name, line: at + 1, text };
    const version = /^ {4}version:\s*"?(?<version>[^"\s]+)/.exec(text)?.groups?.version;
    if (!open || version === undefined) continue;
    put(rows, { name: open.name, ecosystem: 'pub', version }, open.line, open.text);
    open = null;
  }
};

/** Entries of the sections of a Pipfile: `name = "*"`, `name = {version = "==1.2"}`. */
const readPipfile: LockFile['read'] = (lines, rows) => {
  let inside = false;
  for (const [at, text] of lines.entries()) {
    if (/^\[/.test(text)) inside = /^\[(?:dev-)?packages\]/.test(text);
    const found = inside
      ? /^["']?(?<name>[\w.-]+)["']?\s*=\s*(?:\{.*\bversion\s*=\s*)?["'](?<version>[^"']*)["']/.exec(text)
          ?.groups
      : undefined;
    put(rows, { name: found?.name, ecosystem: 'pypi', version: found?.version }, at + 1, text);
  }
};

/** What a conda environment needs, and what pip adds to it; `python` is what it runs on. */
const readConda: LockFile['read'] = (lines, rows) => {
  let inside = false;
  let pip = Number.POSITIVE_INFINITY;
  for (const [at, text] of lines.entries()) {
    if (/^\w/.test(text)) inside = /^dependencies:/.test(text);
    const item = inside
      ? /^(?<indent>\s*)-\s+["']?(?<name>[\w.-]+)(?<rest>[^"'#]*)/.exec(text)?.groups
      : undefined;
    if (!item) continue;
    const indent = (item.indent ?? '').length;
    if (indent <= pip) pip = Number.POSITIVE_INFINITY;
    if (/^pip\s*:/.test(`${item.name}${item.rest}`)) pip = indent;
    else if (item.name !== 'python' && item.name !== 'pip') {
      // `name=1.2=build`
      const version = item.rest
        ?.trim()
        .replace(/^=?=?([^=<>~!][^=]*)=.*$/, '$1')
        .replace(/^=+/, '');
      const ecosystem = indent > pip ? 'pypi' : 'conda';
      put(rows, { name: item.name, ecosystem, version: version || undefined }, at + 1, text);
    }
  }
};

const readSpdxTags: LockFile['read'] = (lines, rows) => {
  for (const [at, text] of lines.entries()) {
    const purl = /^ExternalRef:\s*PACKAGE[-_]MANAGER\s+purl\s+(\S+)/.exec(text)?.[1];
    if (purl !== undefined) rows.add(readPurl(purl), 'ExternalRef', at + 1, text);
  }
  if (rows.rows.length === 0) rows.refuse(1, lines[0] ?? '', 'none of its packages has a package URL');
};

const refuseWhole =
  (why: string): LockFile['read'] =>
  (lines, rows) =>
    rows.refuse(1, lines.find((line) => line.trim() !== '') ?? '', why);

const PYTHON =
  /^(?:python-versions|requires-python|content-hash|files|wheels)\s*=|pypi\.org|@generated by (?:Poetry|PDM)/m;

export const LOCK_FILES: readonly LockFile[] = [
  {
    form: 'yarn.lock',
    is: (text) =>
      /^(?:# yarn lockfile|__metadata:)/m.test(text) ||
      /^"?@?[^\s"]+@[^\n]+:\r?\n {2}"?version"?:? /m.test(text),
    read: readYarn,
  },
  {
    form: 'pnpm-lock.yaml',
    is: (text) => /^lockfileVersion:/m.test(text) && /^packages:/m.test(text),
    read: readPnpm,
  },
  {
    form: 'Gemfile.lock',
    is: (text) => /^(?:GEM|PATH|GIT)\s*$/m.test(text) && /^ {2}specs:/m.test(text),
    read: readGemfile,
  },
  {
    form: 'go.sum',
    is: (text) => /^\S+ v\d\S* h1:\S+$/m.test(text),
    read: eachLine(GO_SUM, 'golang', goPath),
  },
  {
    form: 'go.mod',
    is: (text) => /^module\s+\S+\s*$/m.test(text) && /^(?:go\s+\d|require\b)/m.test(text),
    read: readGoMod,
  },
  {
    form: 'a lock file of Python',
    is: (text) => /^\[\[package\]\]/m.test(text) && PYTHON.test(text),
    read: readToml('pypi'),
  },
  { form: 'Cargo.lock', is: (text) => /^\[\[package\]\]/m.test(text), read: readToml('cargo') },
  {
    form: 'gradle.lockfile',
    is: (text) => /^# This is a Gradle generated file/m.test(text),
    read: eachLine(/^(?<name>[\w.-]+:[\w.-]+):(?<version>[^=]+)=/, 'maven'),
  },
  {
    form: 'pubspec.lock',
    is: (text) => /^packages:\s*$/m.test(text) && /^ {4}dependency:/m.test(text),
    read: readPubspec,
  },
  { form: 'a Pipfile', is: (text) => /^\[(?:dev-)?packages\]\s*$/m.test(text), read: readPipfile },
  {
    form: 'a conda environment',
    is: (text) => /^dependencies:\s*$/m.test(text) && /^(?:channels|name|prefix):/m.test(text),
    read: readConda,
  },
  { form: 'SPDX tags', is: (text) => /^SPDXVersion:\s*SPDX-/m.test(text), read: readSpdxTags },
  {
    form: 'pyproject.toml',
    is: (text) => /^\[(?:project|build-system|tool\.poetry)\b/m.test(text),
    read: refuseWhole('a project file: paste its lock file, or the names alone'),
  },
];

const REQUIREMENT =
  /^[ \t]*(?:-r|-c|-e|--[a-z][\w-]*)\b|;[ \t]*\(?[ \t]*(?:python_|sys_|platform_|os_name|implementation_|extra\b)|\s--hash[= ]/m;

export const isRequirements = (text: string) =>
  REQUIREMENT.test(text) && /[=<>~!]=|--hash|^[ \t]*-[rce]\b/m.test(text);

/** The lines of a requirements file as the entries they name; options are none. */
export function requirementLines(lines: readonly string[]): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | null = null;
  for (const [at, raw] of lines.entries()) {
    open ??= { text: '', line: at + 1 };
    const more = /\\\s*$/.test(raw);
    open.text += ` ${more ? raw.trimEnd().slice(0, -1) : raw}`;
    if (more && at + 1 < lines.length) continue;
    const bare = open.text
      .replace(/\s(?:#.*)$/, '')
      .replace(/\s--?[a-z][\w-]*[= ]\S+/g, (option) => (/^\s(?:-e|--editable)/.test(option) ? option : ' '))
      .replace(/;.*$/, '')
      .trim();
    const egg = /^(?:-e|--editable)[= ].*#egg=(?<name>[\w.-]+)/.exec(open.text.trim())?.groups?.name;
    if (egg !== undefined) found.push({ text: egg, line: open.line });
    else if (bare !== '' && !/^--?[a-z]/.test(bare)) found.push({ text: bare, line: open.line });
    open = null;
  }
  return found;
}
