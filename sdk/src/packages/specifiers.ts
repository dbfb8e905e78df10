import type { Ecosystem } from './ecosystems.ts';
import { LONGEST, mention } from './found.ts';
import { goNames } from './go.ts';
import { npmNames } from './javascript.ts';
import { coordinate } from './jvm.ts';
import type { PackageMention } from './mention.ts';
import { repositoryNames } from './swift.ts';

/**
 * One package as commands and manifests of an ecosystem write it: with its version, extras, markers, or as an address.
 * Nothing for paths, variables and operators.
 */
export function readSpecifier(
  ecosystem: Ecosystem,
  raw: string,
  start: number,
  how: PackageMention['how'],
  beside: string | null = null,
): PackageMention[] {
  // Most words are nothing but a name.
  if (PLAIN.test(raw) && PLAINLY.has(ecosystem) && raw.length <= LONGEST)
    return [
      { ecosystem, names: [raw], version: beside?.trim() || null, how, start, end: start + raw.length },
    ];
  const at = raw.search(/\S/);
  if (at === -1 || raw.length > 1_000) return [];
  const text = raw.trim();
  return READERS[ecosystem]?.(text, start + at, how, beside) ?? [];
}

const PLAIN = /^[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?$/;
/** Where such a word is a name whatever it is. */
const PLAINLY: ReadonlySet<Ecosystem> = new Set(['pypi', 'conda', 'npm', 'golang', 'nuget', 'cargo', 'gem']);

type SpecifierReader = (
  text: string,
  start: number,
  how: PackageMention['how'],
  beside: string | null,
) => PackageMention[];

const PYTHON = /^(?:[\w.-]+::)?([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?)\s*(?:\[[^\]]*\]?)?\s*(.*)$/s;
/** `name @ address`, and what only looks like a version. */
const PYTHON_VERSION =
  /^@?\s*\(?\s*((?:===?|~=|!=|[<>]=?|=)[^;#\s)][^;#)]*|[\^~]?\d[\w.*+!-]*(?:\s*(?:,|\|\|?)\s*[<>=!~^]{0,2}\s*\d[\w.*+!-]*)*)/;
const CONDA_BUILD = /^(={1,2}[^=\s,|]+)=[^=\s]+$/;
const EGG = /[#&]egg=([A-Za-z0-9][\w.-]*)/;
const WHEEL = /(?:^|\/)([A-Za-z0-9][\w.]*?)-(\d[\w.!+]*)(?:-[^/]*\.whl|\.tar\.gz|\.zip)(?:[#?].*)?$/;

const python =
  (ecosystem: 'pypi' | 'conda'): SpecifierReader =>
  (text, start, how, beside) => {
    const whole = (name: string, version: string | null = beside) => {
      const at = start + text.indexOf(name);
      return mention(ecosystem, how, [name], at, at + name.length, version);
    };
    if (/^(?:[a-z]+\+)?[a-z]+:\/\/|^git@|^git\+/i.test(text)) {
      const egg = EGG.exec(text)?.[1];
      if (egg !== undefined) {
        const at = start + text.lastIndexOf(egg);
        return mention(ecosystem, how, [egg], at, at + egg.length, beside);
      }
      const wheel = WHEEL.exec(text);
      if (wheel) return whole(wheel[1] as string, wheel[2]);
      if (!/^git|\.git(?:$|[@#?])/i.test(text)) return [];
      const [repository] = /[^/:]+?(?=(?:\.git)?(?:@[^/]*)?(?:[#?].*)?$)/.exec(text) ?? [];
      return repository === undefined ? [] : whole(repository);
    }
    if (/^[-./\\~$%{<>&|(]|^[A-Za-z]:[\\/]/.test(text)) return [];
    const wheel = /\.whl$|\.tar\.gz$/.test(text) ? WHEEL.exec(text) : null;
    if (wheel) return whole(wheel[1] as string, wheel[2]);
    const [, name, rest = ''] = PYTHON.exec(text) ?? [];
    if (name === undefined || /^[/:]|^\((?!\s*[<>=!~^\d])|^\\(?![[<>=!~])/.test(rest)) return [];
    // A letter or mark that no name holds: it goes on, as another one.
    if (/^[\p{L}\p{M}\p{N}]/u.test(text.slice(text.indexOf(name) + name.length))) return [];
    const version =
      PYTHON_VERSION.exec(rest)?.[1]?.trim() ?? /^@\s*(v?\d[^\s;]*|latest)/.exec(rest)?.[1] ?? beside;
    // conda's build stands behind the version.
    return whole(name, ecosystem === 'conda' ? (version?.replace(CONDA_BUILD, '$1') ?? null) : version);
  };

const ALIAS = /^(.+?)@(npm:.+)$/;
const TARBALL =
  /^https?:\/\/registry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)\/((?:@[^/]+\/)?[^/]+)\/-\/[^/]*?-(\d[^/]*?)\.tgz/;
const HOSTED = /^(?:(?:github|gitlab|bitbucket|gist):|git(?:\+\w+)?:|https?:)/;

/** A range with blanks in it, as quotes hold it together. */
const NPM_RANGE = /^((?:@[^/@\s]+\/)?[^/@\s]+)@\s*((?:[\s<>=~^|v]|\d[\w.*+-]*|[xX*]|-\s)+)$/;

const npm: SpecifierReader = (text, start, how, beside) => {
  const alias = ALIAS.exec(text);
  if (alias) {
    const [, nice = '', real = ''] = alias;
    return [
      ...npm(nice, start, how, null),
      ...npm(real.slice('npm:'.length), start + text.length - real.length + 'npm:'.length, how, beside),
    ];
  }
  const tarball = TARBALL.exec(text);
  if (tarball) {
    const name = (tarball[1] as string).replace(/%2f/i, '/');
    const at = start + text.indexOf(tarball[1] as string);
    return mention('npm', how, [name], at, at + (tarball[1] as string).length, tarball[2]);
  }
  const hosted = HOSTED.exec(text)?.[0];
  const repository =
    hosted === undefined ? /^[\w-][\w.-]*\/[\w.-]+(?:#.*)?$/.test(text) : !/^(?:npm|jsr|node):/.test(text);
  if (repository && (hosted !== undefined || !text.startsWith('@'))) {
    const path = text.replace(/#.*$/, '').replace(/\.git$/, '');
    const name = /[^/:]+$/.exec(path)?.[0];
    if (name === undefined) return [];
    const at = start + path.lastIndexOf(name);
    return mention(
      'npm',
      how,
      [...repositoryNames(path.replace(HOSTED, '')), name],
      at,
      at + name.length,
      null,
    );
  }
  const ranged = /[\s<>]/.test(text) ? NPM_RANGE.exec(text) : null;
  if (ranged) return npm(ranged[1] as string, start, how, ranged[2] as string);
  const { names, version } = npmNames(text);
  const bare = /^(?:(?:npm|jsr|node):\/?)?((?:@[^/@]+\/)?[^@]+)/.exec(text)?.[1] ?? text;
  const at = start + text.indexOf(bare);
  return mention('npm', how, names, at, at + bare.length, version ?? beside);
};

const separated =
  (ecosystem: Ecosystem, pattern: RegExp): SpecifierReader =>
  (text, start, how, beside) => {
    const [, before = '', name, version] = pattern.exec(text) ?? [];
    if (name === undefined) return [];
    const at = start + before.length;
    return mention(ecosystem, how, [name], at, at + name.length, version || beside);
  };

const crate = separated('cargo', /^()([A-Za-z0-9_][\w-]*)(?:(?:@|[=:]{1,2})\s*([^/]+))?$/);

const READERS: Readonly<Record<Ecosystem, SpecifierReader>> = {
  pypi: python('pypi'),
  conda: python('conda'),
  npm,
  golang: (text, start, how, beside) => {
    // `go mod edit -replace=old=new@v1` brings in the new one.
    const [, old = '', path, version] =
      /^((?:[\w.~!/@-]+=)?)([A-Za-z0-9][\w.~!/-]*)(?:@(\S+))?$/.exec(text) ?? [];
    if (path === undefined || path.endsWith('.go')) return [];
    const at = start + old.length;
    return mention('golang', how, goNames(path), at, at + path.length, version ?? beside);
  },
  maven: (text, start, how) => coordinate(text, start, how),
  nuget: separated('nuget', /^()([A-Za-z0-9_][\w.-]*)(?:(?:@|::|=)\s*(\S.*))?$/),
  cargo: (text, start, how, beside) => {
    // `cargo add --git`: the crate is mostly named as its repository.
    const repository = /^[a-z+]+:\/\/.*?([\w-]+?)(?:\.git)?\/?$/.exec(text)?.[1];
    if (repository === undefined) return crate(text, start, how, beside);
    const at = start + text.lastIndexOf(repository);
    return mention('cargo', how, [repository], at, at + repository.length, beside);
  },
  gem: separated('gem', /^()([A-Za-z0-9_][\w.-]*)(?::\s*(\S.*))?$/),
  composer: separated('composer', /^()([A-Za-z0-9][\w.-]*\/[\w.-]*[A-Za-z0-9])(?:\s*[:=@ ]\s*(.+))?$/),
  pub: separated('pub', /^((?:dev|override):)?([A-Za-z_]\w*)(?:[:@](.+))?$/),
  hex: separated('hex', /^()([a-z]\w*)(?:[@ ]\s*(\S.*))?$/),
  swift: (text, start, how, beside) =>
    /^[\w+]+:\/\/|^git@|^[\w-]+\.[\w-]+$/.test(text)
      ? mention('swift', how, repositoryNames(text), start, start + text.length, beside)
      : [],
};
