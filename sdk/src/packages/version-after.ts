import type { RangeRole } from './versions.ts';

/** A version as it stands behind a name. */
interface WrittenVersion {
  text: string;
  role: Exclude<RangeRole, 'rule'>;
}

/** Characters behind a name in which its version is looked for. */
export const VERSION_WINDOW = 200;

const VERSION = 'v?\\d[\\w.*+!-]{0,60}';
const OPERATOR = '(?:===|==|~=|!=|>=|<=|=>|~>|[\\^~<>=])';
const MORE = `(?:\\s{0,2}(?:(?:,|\\s)\\s{0,2}${OPERATOR}|\\|\\|\\s{0,2}${OPERATOR}?)\\s{0,2}${VERSION}){0,8}`;
const RANGE = `(?:${OPERATOR}\\s{0,2})?${VERSION}${MORE}`;
const DOTTED = 'v?\\d{1,9}\\.\\d[\\w.*+-]{0,60}';
const QUOTE = '["\'`]';
/** What closes around a name: extras in brackets, a quote, a tag. */
const CLOSED = `(?:\\[[^\\]\\n]{0,60}\\])?${QUOTE}?(?:</[\\w.-]{1,20}>)?`;

/** Ways to write a version behind a name, the surest first. */
const WAYS: readonly (readonly [RegExp, WrittenVersion['role']])[] = (
  [
    // acme==1.2, "acme[all] >= 1.2, < 2", acme ~> 1.2, acme (>= 1.2)
    [`${CLOSED}[ \\t]{0,4}\\(?(?=[<>=~^!])(?!=\\s{0,2}[\\w"'\`{])(${RANGE})`, 'required'],
    // acme=1.2 of conda, with its build
    [`(=v?\\d[\\w.*+!-]{0,60})`, 'required'],
    // acme@^1.2, github.com/acme/loader/sub@v1.2.3
    [`(?:/[\\w./-]{0,80})?(?:@|%40)(?:npm:)?${QUOTE}?(${RANGE})`, 'required'],
    // "node_modules/acme": {⏎ "version": "1.2.3", name = "acme"⏎version = "1.2.3", Include="acme" Version="1.2.3"
    [
      `${CLOSED}[\\s,:{=]{0,40}${QUOTE}?[Vv]ersion${QUOTE}?[ \\t]{0,4}[:=]?[ \\t]{0,4}${QUOTE}(${RANGE})`,
      'pinned',
    ],
    [`${CLOSED}\\s{0,40}<version>\\s{0,20}(${DOTTED})`, 'pinned'],
    // acme = { version = "^1.2", … }
    [
      `${CLOSED}[ \\t]{0,4}[:=][ \\t]{0,4}\\{[^{}\\n]{0,80}?version${QUOTE}?[ \\t]{0,4}[:=][ \\t]{0,4}${QUOTE}(${RANGE})`,
      'required',
    ],
    // "acme": "^1.2", acme = "1.2", gem 'acme', '~> 1.2', acme:1.2, acme=1.2
    [`${CLOSED}[ \\t]{0,4}(?::|=>|=|,)[ \\t]{0,4}${QUOTE}?(${RANGE})`, 'required'],
    // gem install acme -v 1.2, dotnet add package Acme --version 1.2
    [`${CLOSED}[ \\t]{1,8}(?:-v|--?[Vv]ersion|--vers)[ \\t=]{1,4}${QUOTE}?(${RANGE})`, 'required'],
    // acme 1.2.3, acme (1.2.3), acme v1.2.3 h1:…, | acme | 1.2.3 |
    [`${CLOSED}[ \\t]{1,8}[(|]?[ \\t]{0,4}(${DOTTED})`, 'pinned'],
    // acme-1.2.3.tgz, acme/1.2.3/, acme/-/acme-1.2.3.tgz
    [`(?:[-_]|/(?:-/[\\w.-]{0,100}?-|v/)?)(${DOTTED})`, 'pinned'],
  ] as const
).map(([source, role]) => [new RegExp(source, 'y'), role]);

/** The version that stands behind a name which ends at `end`; null where none does. Reads `VERSION_WINDOW` characters. */
export function versionAfter(text: string, end: number): WrittenVersion | null {
  const after = text.slice(end, end + VERSION_WINDOW);
  for (const [way, role] of WAYS) {
    way.lastIndex = 0;
    const found = way.exec(after)?.[1];
    if (found === undefined) continue;
    // A file's ending and a sentence's full stop are not part of it.
    const version = found.replace(
      /(?:\.(?:tgz|tar|zip|whl|gem|crate|jar|nupkg)\b.*|-py\d.*|[.!*-]+)$/,
      (tail) => (tail === '.*' || tail === '*' ? tail : ''),
    );
    return { text: version, role };
  }
  return null;
}
