import type { Ecosystem } from './ecosystems.ts';
import { mention, type Open } from './found.ts';
import type { Line } from './lines.ts';
import type { PackageMention } from './mention.ts';
import { readSpecifier } from './specifiers.ts';

/** Dependencies that stand under a heading: tables of TOML, keys of YAML, options of setup.cfg. */

const STRING = /"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/g;
const NAME = String.raw`["']?((?:@[\w.-]+\/)?[A-Za-z0-9_][\w.-]*)["']?`;
const TABLE = /^\s*\[\[?\s*([^\]#]+?)\s*\]\]?\s*(?:#.*)?$/;
const ENTRY = new RegExp(String.raw`^\s*${NAME}\s*=\s*(.*)$`);
const ARRAY_KEY =
  /^(?:dependencies|requires|dev-dependencies|constraint-dependencies|override-dependencies|(?:install|tests|setup)_requires)$/;
const VALUE = /^(?:"([^"]*)"|'([^']*)')/;
const INLINE_VERSION = /\bversion\s*=\s*["']([^"']*)["']/;
/** Cargo's `kite = { package = "other" }`: what is fetched is the other. */
const INLINE_PACKAGE = /\bpackage\s*=\s*["']([\w-]+)["']/;
const INLINE_ENTRY = /["']?([A-Za-z_][\w-]{0,200})["']?\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|\{[^{}]*\})/g;
const RANGE = /^[\^~<>=!\s]*v?\d+(?:\.[\dx*]+){1,3}[\w.+-]*(?:\s*,.*)?$/;

/** Which registry the entries of a TOML table name; `both` for lock files that tell by their form only. */
function tableOf(table: string): Ecosystem | 'arrays' | 'lock' | null {
  const name = table.replace(/["']/g, '');
  if (
    /^(?:target\..*\.|workspace\.|patch\.[\w-]+$|replace$)?(?:(?:dev|build)-)?dependencies$/.test(name) ||
    /^patch\./.test(name)
  )
    return 'cargo';
  if (/^tool\.(?:poetry|rye)\.(?:group\.[\w-]+\.)?(?:dev-)?dependencies$|^(?:dev-)?packages$/.test(name))
    return 'pypi';
  if (/^(?:(?:feature|target)\.[\w-]+\.){0,2}pypi-dependencies$/.test(name)) return 'pypi';
  if (/^tool\.(?:pixi|conda)\S*dependencies$/.test(name)) return /pypi/.test(name) ? 'pypi' : 'conda';
  if (
    /^(?:project\.optional-dependencies|dependency-groups|tool\.pdm\.dev-dependencies|tool\.hatch\..*)$/.test(
      name,
    )
  )
    return 'arrays';
  return null;
}

/** `[dependencies.name]` → the registry and where the name stands. */
function namedTable(table: string): { ecosystem: Ecosystem; name: string } | null {
  const name = /\.["']?([\w-]+)["']?$/.exec(table)?.[1];
  if (name === undefined) return null;
  const ecosystem = tableOf(table.slice(0, table.lastIndexOf('.')).trim());
  return ecosystem === 'cargo' || ecosystem === 'pypi' || ecosystem === 'conda' ? { ecosystem, name } : null;
}

/** Cargo.toml, pyproject.toml, Pipfile, and the lock files of cargo, uv, poetry and pdm. */
export class Toml {
  #table: ReturnType<typeof tableOf> = null;
  #hasTable = false;
  /** Inside of `[dependencies.name]` of Cargo. */
  #isOfOne = false;
  /** What the last package of a lock file was read as. */
  #locked: PackageMention[] = [];
  /** Inside of a list of requirements. */
  #list = false;
  /** Inside of the comment in which a script holds its own requirements (PEP 723). */
  #script = false;

  get open(): readonly Open[] {
    return this.#locked.filter(({ version }) => version === null);
  }
  readonly #loose: boolean;

  /** `loose`: `name = "1.0"` counts without its table, because the text is a fragment of some TOML. */
  constructor(loose: boolean) {
    this.#loose = loose;
  }

  read(line: Line): PackageMention[] {
    if (/^# \/{3}/.test(line.text)) {
      this.#script = line.text.startsWith('# /// script');
      return [];
    }
    const text = this.#script ? line.text.replace(/^#/, ' ') : line.text;
    if (/^\s*#/.test(text)) return [];
    if (this.#list) return this.#items(line, text, 0);
    const table = TABLE.exec(text)?.[1];
    if (table !== undefined && !/^\s*["']/.test(text) && !table.includes(',')) {
      this.#hasTable = true;
      this.#locked = [];
      this.#table = text.includes('[[') && table === 'package' ? 'lock' : tableOf(table);
      const named = namedTable(table);
      this.#isOfOne = named?.ecosystem === 'cargo';
      return named ? this.#add(line, named.ecosystem, named.name, text.lastIndexOf(named.name), null) : [];
    }
    const entry = ENTRY.exec(text);
    if (!entry) return [];
    const [, written = '', value = ''] = entry;
    const name = /^true\b/.test(value) ? written.replace(/\.workspace$/, '') : written;
    const offset = text.length - value.length;
    if (
      value.startsWith('[') &&
      (ARRAY_KEY.test(name) || this.#table === 'arrays' || /^extras_require$/.test(name))
    ) {
      this.#list = true;
      return this.#items(line, text, offset + 1);
    }
    const whole = VALUE.exec(value);
    const version = whole ? (whole[1] ?? whole[2] ?? '') : (INLINE_VERSION.exec(value)?.[1] ?? null);
    if (this.#table === 'lock') {
      // The version stands behind the name.
      if (name === 'version') for (const one of this.#locked) one.version = version;
      if (name !== 'name' || !whole || version === null) return [];
      // The lock files of Cargo, uv and poetry look alike.
      this.#locked = (['cargo', 'pypi'] as const).flatMap((one) =>
        this.#add(line, one, version, offset + 1, null),
      );
      return this.#locked;
    }
    const isWorkspace = name !== written;
    if (isWorkspace && this.#loose && !this.#hasTable)
      return this.#add(line, 'cargo', name, text.indexOf(name), null);
    const inline = this.#table === null && value.startsWith('{') ? tableOf(name) : null;
    if (inline && inline !== 'arrays' && inline !== 'lock') return this.#inline(line, inline, value, offset);
    const isValue = whole !== null || value.startsWith('{') || isWorkspace;
    if (this.#isOfOne && name === 'package' && version !== null)
      return this.#add(line, 'cargo', version, offset + 1, null);
    const other = whole || (this.#table ?? 'cargo') !== 'cargo' ? null : INLINE_PACKAGE.exec(value);
    if (other && (this.#table === 'cargo' || this.#loose)) {
      const [all, own = ''] = other;
      return this.#add(line, 'cargo', own, offset + other.index + all.lastIndexOf(own), version);
    }
    if (this.#table && this.#table !== 'arrays')
      return isValue ? this.#add(line, this.#table, name, text.indexOf(name), version) : [];
    if (!this.#loose || !isValue || version === null || !RANGE.test(version)) return [];
    return (['cargo', 'pypi'] as const).flatMap((one) =>
      this.#add(line, one, name, text.indexOf(name), version),
    );
  }

  #add({ start }: Line, ecosystem: Ecosystem, name: string, offset: number, version: string | null) {
    const from = start + offset;
    return mention(ecosystem, 'manifest', [name], from, from + name.length, version);
  }

  /** `dependencies = { kite = "1" }` */
  #inline(line: Line, ecosystem: Ecosystem, value: string, offset: number): PackageMention[] {
    return [...value.matchAll(INLINE_ENTRY)].flatMap(({ 0: all, 1: name = '', 2: given = '', index }) => {
      const version = /^["']/.test(given) ? given.slice(1, -1) : (INLINE_VERSION.exec(given)?.[1] ?? null);
      return this.#add(line, ecosystem, name, offset + index + all.indexOf(name), version);
    });
  }

  #items(line: Line, text: string, from: number): PackageMention[] {
    const found: PackageMention[] = [];
    let end = from;
    for (const match of text.slice(from).matchAll(STRING)) {
      const start = from + match.index;
      if (/[#\]]/.test(text.slice(end, start))) break;
      end = start + match[0].length;
      found.push(...readSpecifier('pypi', match[1] ?? match[2] ?? '', line.start + start + 1, 'manifest'));
    }
    const rest = text.slice(end).replace(/#.*$/, '');
    if (rest.includes(']') || !/^\s*(?:["'\],{]|$)/.test(text.slice(from))) this.#list = false;
    return found;
  }
}

const unquoted = (value: string) => value.replace(/["']/g, '');
const YAML_KEY = new RegExp(String.raw`^(\s*)(- )?${NAME}\s*:(?:\s+(.*))?$`);
const YAML_SECTION = /^(?:dependencies|dev_dependencies|dependency_overrides|packages)$/;
/** Amper, and other tools of the JVM that are told by YAML. */
const COORDINATE = /^[\w-]+(?:\.[\w-]+)+:[\w.-]+:[\d$]/;
const YAML_ITEM = /^(\s*)- +["']?([^"'#]+?)["']?\s*(?:#.*)?$/;
const PUB_VERSION = /^["']?(?:[\^~]|[<>]=?\s*)?v?\d+(?:\.\d+){1,2}\S*(?:\s+<\S+)?["']?\s*(?:#.*)?$|^any\b/;

/** pubspec.yaml and its lock, environment.yml of conda, importers of pnpm-lock.yaml. */
export class Yaml {
  #section: { indent: number; child: number } | null = null;
  /** The list under `- pip:`. */
  #pip = -1;
  /** What the last package of a lock file was read as. */
  #locked: PackageMention[] = [];
  #lockedIndent = 0;
  /** A key without a value, that the next line says more of. */
  #bare: { line: Line; name: string; indent: number } | null = null;

  get open(): readonly Open[] {
    const locked = this.#locked.filter(({ version }) => version === null);
    if (!this.#bare) return locked;
    const { line, name } = this.#bare;
    const start = line.start + line.text.indexOf(name);
    return [...locked, { start, end: start + name.length }];
  }

  read(line: Line): PackageMention[] {
    const { text, indent, start } = line;
    if (text.trim() === '' || /^\s*#/.test(text)) return [];
    const bare = this.#bare;
    this.#bare = null;
    if (this.#section && indent <= this.#section.indent && !/^\s*- /.test(text)) this.#section = null;
    if (indent <= this.#lockedIndent) this.#locked = [];
    if (this.#pip !== -1 && indent <= this.#pip) this.#pip = -1;
    const item = YAML_ITEM.exec(text);
    const key = YAML_KEY.exec(text);
    if (this.#section && item && !(key && key[4] === undefined)) {
      const value = item[2] as string;
      if (/:\s/.test(value)) return [];
      return readSpecifier(
        COORDINATE.test(value) ? 'maven' : this.#pip === -1 ? 'conda' : 'pypi',
        value,
        start + text.indexOf(value, indent + 2),
        'manifest',
      );
    }
    if (!key) return [];
    const [, , dash, name = '', value = ''] = key;
    if (dash !== undefined) {
      if (name === 'pip' && this.#section) this.#pip = indent;
      return [];
    }
    const from = start + text.indexOf(name);
    const add = (ecosystem: Ecosystem, version: string | null) =>
      mention(ecosystem, 'manifest', [name], from, from + name.length, version);
    if (YAML_SECTION.test(name) && value === '' && !this.#section) {
      this.#section = { indent, child: -1 };
      return [];
    }
    const found: PackageMention[] = [];
    // A lock file says more of a package before its version.
    if (name === 'version') for (const one of this.#locked) one.version ??= unquoted(value);
    if (bare && indent > bare.indent && /^(?:specifier|dependency|version|git|hosted|path|sdk)$/.test(name)) {
      const at = bare.line.start + bare.line.text.indexOf(bare.name);
      const ecosystem = name === 'specifier' ? 'npm' : 'pub';
      this.#locked = [];
      if (!(ecosystem === 'pub' && name === 'version' && !this.#section))
        this.#locked = mention(
          ecosystem,
          'manifest',
          [bare.name],
          at,
          at + bare.name.length,
          name === 'version' || name === 'specifier' ? unquoted(value) : null,
        );
      this.#lockedIndent = bare.indent;
      found.push(...this.#locked);
    }
    if (this.#section) {
      if (this.#section.child === -1) this.#section.child = indent;
      if (indent === this.#section.child && value !== '') found.push(...add('pub', unquoted(value)));
    } else if (indent > 0 && PUB_VERSION.test(value) && /^[\^~<>"']/.test(value))
      found.push(...add('pub', value));
    if (value === '') this.#bare = { line, name, indent };
    return found;
  }
}

const CFG_KEY = /^(?:install_requires|tests_require|setup_requires|requires|deps)\s*=\s*(.*)$/;
const CFG_SECTION = /^\[options\.extras_require\]/;

/** setup.cfg: requirements as indented lines. */
export class SetupCfg {
  #open = false;
  #extras = false;

  read(line: Line): PackageMention[] {
    const { text, indent, start } = line;
    if (/^\[/.test(text)) {
      this.#extras = CFG_SECTION.test(text);
      this.#open = false;
      return [];
    }
    if (indent === 0) {
      const key = CFG_KEY.exec(text) ?? (this.#extras ? /^[\w-]+\s*=\s*(.*)$/.exec(text) : null);
      this.#open = key !== null && !/^[[("']/.test(key[1] ?? '');
      return [];
    }
    if (!this.#open || text.trim() === '' || /^\s*[#"'[]/.test(text)) return [];
    return readSpecifier('pypi', text, start, 'manifest');
  }
}
