/** A version as registries write it: `1.2.3`, `v0.4.0-rc.1+build`, `1!2.0`, `5.x`, `2.*`. */
const VERSION = String.raw`[vV]?\d(?:[\w.+!*-]*[\w*])?`;
const COMPARATOR = new RegExp(
  String.raw`(?<op>===|==|>=|=>|<=|=<|!=|~=|~>|\^|~|=|>|<|≥|≤)?\s*(?<version>${VERSION})(?![\w.])`,
  'y',
);
/** Maven and NuGet: `[1.0,2.0)`, `(,1.0]`, `[1.0]`. */
const INTERVAL = new RegExp(
  String.raw`(?<open>[[(])\s*(?<low>${VERSION})?\s*(?<comma>,)?\s*(?<high>${VERSION})?\s*(?<close>[\])])`,
  'y',
);
const TO = new RegExp(String.raw`\s*(?:[-–—]|to|through|thru|\.\.)\s*(?=${VERSION})`, 'y');
const BETWEEN = /\s*(?<sign>\|\|?|&&?|,|;|\/|\b(?:and|or)\b)?\s*/y;
const SPELLED: Record<string, string> = {
  '=>': '>=',
  '=<': '<=',
  '≥': '>=',
  '≤': '<=',
  '=': '',
  '==': '',
  '===': '',
};
const EVERY =
  /^(?:\*|all|any|every|all versions|any version|every version|-|–|—|n\/?a|none|null|>=?\s*v?0(?:\.0)*(?:-0)?)?$/i;
const INEQUALITY = /^(?:>=?|<=?|!=)/;

const DATE = /^\d{4}-\d\d?-\d\d?$/;
/** `1.0.0-1.0.5`: two versions of as many parts, not one with a pre-release. */
const HYPHENED = /^(?<low>\d+(?:\.\d+)+)-(?<high>\d+(?:\.\d+)+)$/;

type Bounds = { text: string[]; low: boolean; high: boolean; open: boolean };

/**
 * The versions and ranges that `text` lists, any of which is meant; null for every version, undefined where it is no
 * list of versions. `>= 1.0, < 1.5` is one range, `5.6.1, 5.6.2` are two versions.
 */
export function versionsIn(text: string): string[] | null | undefined {
  const bare = text
    .trim()
    .replace(/^versions?\b[:\s]*/i, '')
    .trim();
  if (EVERY.test(bare)) return null;
  const found: Bounds[] = [];
  let joined = false;
  for (let at = 0; at < bare.length; ) {
    const interval = sticky(INTERVAL, bare, at);
    const comparator = interval ? null : sticky(COMPARATOR, bare, at);
    if (interval?.groups && (interval.groups.low || interval.groups.high)) {
      found.push({ text: [intervalOf(interval.groups)], low: true, high: true, open: false });
      at += interval[0].length;
    } else if (comparator?.groups) {
      at += comparator[0].length;
      const { op = '', version = '' } = comparator.groups;
      if (DATE.test(version)) return undefined;
      const span = op === '' ? spanOf(version, bare, at) : null;
      if (span) {
        found.push({ text: [`>=${span.low} <=${span.high}`], low: true, high: true, open: false });
        at = span.end;
      } else put(found, (SPELLED[op] ?? op) + version, joined);
    } else return undefined;
    const sign = sticky(BETWEEN, bare, at);
    at += sign?.[0].length ?? 0;
    joined = !['|', '||', ';', '/', 'or'].includes(sign?.groups?.sign ?? '');
  }
  return [...new Set(found.map(({ text: bounds }) => bounds.join(' ')))];
}

/** The range that `version`, which ends at `at`, begins or is; null where it stands alone. */
function spanOf(
  version: string,
  text: string,
  at: number,
): { low: string; high: string; end: number } | null {
  const { low = '', high = '' } = HYPHENED.exec(version)?.groups ?? {};
  if (low !== '' && low.split('.').length === high.split('.').length) return { low, high, end: at };
  const to = sticky(TO, text, at);
  const other = to && sticky(COMPARATOR, text, at + to[0].length);
  if (!to || !other?.groups || other.groups.op) return null;
  return { low: version, high: other.groups.version ?? '', end: at + to[0].length + other[0].length };
}

/** Comparators that bound one range belong together; anything else is a range of its own. */
function put(found: Bounds[], comparator: string, joined: boolean): void {
  const last = found.at(-1);
  const [not, low, high] = [
    comparator.startsWith('!='),
    comparator.startsWith('>'),
    comparator.startsWith('<'),
  ];
  const fits = last && joined && (not || (last.open && ((low && !last.low) || (high && !last.high))));
  if (last && fits) {
    last.text.push(comparator);
    last.low ||= low;
    last.high ||= high;
    return;
  }
  found.push({ text: [comparator], low, high, open: INEQUALITY.test(comparator) });
}

function intervalOf({ open, low, comma, high, close }: Record<string, string | undefined>): string {
  if (!comma) return low ?? high ?? '';
  return [low && `${open === '[' ? '>=' : '>'}${low}`, high && `${close === ']' ? '<=' : '<'}${high}`]
    .filter((bound) => bound)
    .join(' ');
}

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** `%40` as `@`; what is no such escape stays as it is. */
export function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
