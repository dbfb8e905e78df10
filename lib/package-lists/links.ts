import type { Ecosystem } from '#sdk/packages/ecosystems';
import type { Read } from './list.ts';
import { decodeURIComponentSafe as decoded, versionsIn } from './version-words.ts';

/** Indicators are published so that nobody can click them: `hxxps://evil[.]example`, `evil(dot)example`. */
function fanged(text: string): string {
  return text
    .replace(/^h(?:xx|tt)p(s?)(?:\[:\]|:)?(?:\[\/\/\]|\[\/\]\[\/\]|\/\/)/i, 'http$1://')
    .replace(/\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)/gi, '.')
    .replace(/\[:\]/g, ':')
    .replace(/\[\/\]/g, '/')
    .replace(/\[(?:at|@)\]/gi, '@');
}

export const isDefanged = (text: string) => /\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|^hxxps?/i.test(text);
export const isLink = (text: string) =>
  /^(?:(?:git|sparse|registry)\+)?(?:h(?:tt|xx)ps?|ftp|ssh|git|wss?)(?:\[:\]|:)?(?:\/\/|\[\/\/?\])/i.test(
    text,
  );

type Place = { host: RegExp; path: RegExp; ecosystem: Ecosystem; name?: (found: string) => string };

const NPM = String.raw`(?<name>(?:@|%40)[\w.~-]+(?:\/|%2f)[\w.~-]+|[\w.~-]+)`;
const at = (path: string) => new RegExp(`^${path}$`, 'i');
const archive = String.raw`(?:\/.*)?`;

/** Addresses at which registries and their mirrors keep a package. */
const PLACES: readonly Place[] = [
  {
    host: /^(?:www\.)?npmjs\.(?:com|org)$/,
    path: at(`/package/${NPM}(?:/v/(?<version>[^/]+))?${archive}`),
    ecosystem: 'npm',
  },
  {
    host: /^(?:registry\.(?:npmjs\.(?:org|com)|yarnpkg\.com|npmmirror\.com)|npm\.jsr\.io)$/,
    path: at(String.raw`/${NPM}(?:/-/[^/]*?-(?<file>\d[\w.+-]*)\.tgz|/(?<version>\d[^/]*))?${archive}`),
    ecosystem: 'npm',
  },
  { host: /^(?:www\.)?unpkg\.com$/, path: at(`/${NPM}(?:@(?<version>[^/]+))?${archive}`), ecosystem: 'npm' },
  {
    host: /^cdn\.jsdelivr\.net$/,
    path: at(`/npm/${NPM}(?:@(?<version>[^/]+))?${archive}`),
    ecosystem: 'npm',
  },
  {
    host: /^(?:esm\.sh|cdn\.skypack\.dev)$/,
    path: at(`/${NPM}(?:@(?<version>[^/]+))?${archive}`),
    ecosystem: 'npm',
  },
  {
    host: /^(?:test\.)?pypi\.org$/,
    path: at(`/(?:project|pypi)/(?<name>[\\w.-]+)(?:/(?<version>[\\d][^/]*))?${archive}`),
    ecosystem: 'pypi',
  },
  { host: /^(?:test\.)?pypi\.org$/, path: at(`/simple/(?<name>[\\w.-]+)/?`), ecosystem: 'pypi' },
  {
    host: /^files\.pythonhosted\.org$/,
    path: at(
      String.raw`/packages/.*/(?<name>[\w.]+(?:-[A-Za-z][\w.]*)*)-(?<file>\d[\w.!+]*?)(?:-[\w.-]+)?\.(?:whl|tar\.gz|zip|egg)`,
    ),
    ecosystem: 'pypi',
  },
  {
    host: /^crates\.io$/,
    path: at(String.raw`/(?:api/v1/)?crates/(?<name>[\w-]+)(?:/(?<version>\d[^/]*))?${archive}`),
    ecosystem: 'cargo',
  },
  {
    host: /^(?:static|index)\.crates\.io$/,
    path: at(String.raw`/crates/(?<name>[\w-]+)(?:/(?<version>\d[^/]*))?${archive}`),
    ecosystem: 'cargo',
  },
  {
    host: /^rubygems\.org$/,
    path: at(String.raw`/gems/(?<name>[\w.-]+?)(?:/versions/(?<version>[^/]+)|-(?<file>\d[\w.]*)\.gem)?/?`),
    ecosystem: 'gem',
  },
  {
    host: /^(?:www\.)?nuget\.org$/,
    path: at(String.raw`/(?:packages|api/v2/package)/(?<name>[\w.-]+)(?:/(?<version>\d[^/]*))?${archive}`),
    ecosystem: 'nuget',
  },
  {
    host: /^packagist\.org$/,
    path: at(String.raw`/packages/(?<name>[\w.-]+/[\w.-]+)`),
    ecosystem: 'composer',
  },
  {
    host: /^pkg\.go\.dev$/,
    path: at('/(?<name>[^@]+?)(?:@(?<version>[^/]+))?/?'),
    ecosystem: 'golang',
  },
  {
    host: /^proxy\.golang\.org$/,
    path: at(String.raw`/(?<name>.+?)/@(?:v/(?<version>v[^/]+?)\.(?:zip|info|mod)|v/list|latest)`),
    ecosystem: 'golang',
  },
  {
    host: /^(?:mvnrepository\.com|search\.maven\.org|central\.sonatype\.com)$/,
    path: at(String.raw`/artifact/(?<name>[\w.-]+/[\w.-]+)(?:/(?<version>\d[^/]*))?${archive}`),
    ecosystem: 'maven',
    name: (found) => found.replace('/', ':'),
  },
  {
    host: /^(?:repo1?\.maven\.org|repo\.maven\.apache\.org)$/,
    path: at(String.raw`/maven2/(?<name>[\w.-]+(?:/[\w.-]+)+?)/(?<version>\d[^/]*)${archive}`),
    ecosystem: 'maven',
    name: (found) => found.replace(/\/(?=[^/]*$)/, ':').replaceAll('/', '.'),
  },
  {
    host: /^pub\.dev$/,
    path: at(String.raw`/packages/(?<name>\w+)(?:/versions/(?<version>[^/]+))?${archive}`),
    ecosystem: 'pub',
  },
  {
    host: /^(?:repo\.)?hex\.pm$/,
    path: at(String.raw`/packages/(?<name>\w+)(?:/(?<version>\d[^/]*))?${archive}`),
    ecosystem: 'hex',
  },
  { host: /^(?:www\.)?anaconda\.org$/, path: at(String.raw`/[\w-]+/(?<name>[\w.-]+)/?`), ecosystem: 'conda' },
];

/** A registry's address of a package, also one that was made unclickable; every other address is no package. */
export function readLink(text: string): Read {
  let url: URL;
  try {
    url = new URL(fanged(text));
  } catch {
    return { why: 'a link, not a package' };
  }
  for (const { host, path, ecosystem, name } of PLACES) {
    const found = host.test(url.hostname) ? path.exec(url.pathname)?.groups : undefined;
    if (!found?.name) continue;
    const versions = versionsIn(decoded(found.version ?? found.file ?? ''));
    const plain = decoded(found.name);
    return { name: name ? name(plain) : plain, ecosystem, versions: versions ?? null };
  }
  return { why: 'a link, not a package' };
}
