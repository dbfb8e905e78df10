import type { Hit, Rule } from './hits.ts';
import { type Kind, kindOf } from './names.ts';
import type { Unescaped } from './unescaped.ts';
import { isMachineMade, isSecret, isStandIn, type Place } from './values.ts';

// A credential without a format of its own is told by the name it is assigned to, however a language, a shell or a file
// of settings writes that. Everything is looked for in windows of bounded length, so that a scan stays linear.

const PART = /pass|pwd|psk|\bpw\b|secret|token|[-_. ]?key|cred|auth|salt/gi;
const NAME_PART = /[\w.$-]/;
const NAME_MAX = 64;
const VALUE_MAX = 2_000;

/** What ends a name that stands in quotes, brackets or a tag. */
const CLOSED = /["'`\])]{0,3}/y;
const TYPED =
  /[ \t]{0,4}:[ \t]{0,4}[\w&'<>[\]. ]{1,32}?[ \t]{0,4}=(?![=>])[ \t]{0,20}|[ \t]{0,4}\[\d{0,6}\][ \t]{0,4}=[ \t]{0,20}|[ \t]{1,4}[\w*[\].]{1,24}[ \t]{1,4}=(?![=>])[ \t]{0,20}/y;
const ASSIGNED = /[ \t]{0,30}(?:=>|->|:{0,3}[!?.+=]?={1,3}|:|\|\|=?|\?\?=?|\?:|\bor\b)[ \t]{0,30}/y;
const LISTED = /[ \t]{0,8},[ \t]{0,8}/y;
/** `name: X` and then `value: Y`; an attribute or the text of a tag; the default of a variable. */
const FURTHER =
  /["'`]?(?:[\s,]{1,60}["']?(?:value|v)["']?[ \t]{0,4}[:=][ \t]{0,4}|[^<>\n]{0,80}?\bvalue=(?=["'])|<\/key>\s{0,20}<string>|["'`][)\]]{1,2}\.(?:send_?keys|type|fill|set_?value)\([ \t]{0,4}(?=["'])|(?: [^<>\n]{0,80})?>\s{0,80}|[ \t]{0,4}\{[^{}]{0,300}?\bdefault[ \t]{0,8}=[ \t]{0,8}(?=["']))/y;
/** A shell's and a builder's way: `--password X`, `ENV NAME X`, `set -x NAME X`, `#define NAME "X"`. */
const SPACED = /[ \t]{1,8}/y;
const BEFORE_SPACED =
  /(?:\bconfig(?:ure)?[ \t]+set[ \t]+[\w.]{0,30}|(?:^|\s)-{1,2}[\w-]{0,20}|(?:^|\n)[ \t]*(?:ENV|set -[a-zA-Z]+|setenv|setx|#define)[ \t]+[\w.]{0,30})$/;
/** The value is on the next line: YAML's blocks, heredocs. */
const BLOCK = /[|>][+-]?[ \t]{0,4}\r?\n(?=[ \t])|<<[-~]?["']?\w{1,40}["']?[ \t]{0,4}\r?\n/y;
const OPENING =
  /(?:new )?(?:String|Secret|SecretString|Buffer\.from|bytes|b64decode|base64\.b64decode)\([ \t]{0,4}|@?\$?(?=["])|[bBrRuUfF]{1,2}(?=["'])/y;
const SCHEME = /(?:Bearer|Basic|Token|ApiKey|Digest|Key)[ \t]{1,4}/iy;
const QUOTE = /["'`]/;

/** Finds values by the names they are assigned to. */
export const assignments: Rule = {
  words: ['pass', 'pwd', 'psk', 'pw', 'secret', 'token', 'key', 'cred', 'auth', 'salt'],
  *find(view) {
    let end = 0;
    for (const { index, 0: part } of view.text.matchAll(PART)) {
      if (index < end) continue;
      const name = nameAt(view.text, index, part.length);
      end = name.end;
      const kind = kindOf(view.text.slice(name.start, name.end));
      if (kind !== null) yield* valueUnder(view, name, kind);
    }
  },
};

type Name = { start: number; end: number };

function nameAt(text: string, index: number, length: number): Name {
  let start = index;
  let end = index + length;
  while (start > 0 && index - start < NAME_MAX && NAME_PART.test(text[start - 1] ?? '')) start--;
  // `api key` in words.
  if (text[index] === ' ')
    start = text.slice(Math.max(0, index - 20), index).search(/[A-Za-z]+$/) + Math.max(0, index - 20);
  while (end - index < NAME_MAX && NAME_PART.test(text[end] ?? '')) end++;
  return { start, end };
}

function* valueUnder(view: Unescaped, name: Name, kind: Kind): Generator<Hit> {
  const { text } = view;
  const closed = matched(CLOSED, text, name.end) ?? '';
  const at = name.end + closed.length;
  const inQuotes = QUOTE.test(closed);
  const rule = kind === 'password' ? 'password' : 'credential';
  const sign = matched(TYPED, text, at) ?? matched(ASSIGNED, text, at);
  const found =
    sign === null
      ? ((inQuotes ? listed(view, at, kind) : null) ??
        further(view, name.end, kind) ??
        spaced(view, name, at, kind))
      : assigned(view, name, at + sign.length, sign, kind, inQuotes);
  if (found) yield { ...found, rule };
}

type Found = { start: number; end: number } | null;

function assigned(
  view: Unescaped,
  name: Name,
  start: number,
  sign: string,
  kind: Kind,
  inQuotes: boolean,
): Found {
  const { text } = view;
  const quoted = quotedAt(view, start, kind, 'quoted');
  if (quoted !== undefined) return quoted;
  const block = matched(BLOCK, text, start);
  if (block !== null) return blockAt(text, start + block.length, kind);
  if (/[|?]|or/.test(sign)) return null;
  return unquotedAt(view, name, start, sign, kind, inQuotes);
}

/** `undefined` where no quote opens; null where what is quoted is no secret. */
function quotedAt(view: Unescaped, from: number, kind: Kind, place: Place): Found | undefined {
  const { text } = view;
  let start = from + (matched(OPENING, text, from)?.length ?? 0);
  const quote = text[start] ?? '';
  if (!QUOTE.test(quote)) return undefined;
  const width = view.width(start);
  start += 1;
  start += matched(SCHEME, text, start)?.length ?? 0;
  for (let end = start; end < text.length && end - start < VALUE_MAX; end++) {
    const sign = text[end];
    // A literal ends on its line; of one depth only such a quote as began it ends it.
    if (sign === '\n' && view.width(end) === 1) return null;
    if (sign !== quote || view.width(end) !== width) continue;
    const value = text.slice(start, end);
    return isSecret(value, kind, place) ? { start, end } : null;
  }
  return null;
}

function blockAt(text: string, from: number, kind: Kind): Found {
  const line = /[ \t]*([^\n]{3,400})/y;
  line.lastIndex = from;
  const value = line.exec(text)?.[1]?.trimEnd();
  if (value === undefined || !isSecret(value, kind, 'setting')) return null;
  const start = text.indexOf(value, from);
  return { start, end: start + value.length };
}

/** `NAME=value` is a setting wherever a shell may read it; `name: value` where the line ends with it; else it may be code. */
function unquotedAt(
  view: Unescaped,
  name: Name,
  from: number,
  sign: string,
  kind: Kind,
  inQuotes: boolean,
): Found {
  const { text } = view;
  const start = from + (matched(SCHEME, text, from)?.length ?? 0);
  const tight = sign === '=';
  const before = text.slice(Math.max(0, name.start - 40), name.start);
  const beginsLine =
    /(?:^|\n)[ \t]*(?:- )?["']?(?:export[ \t]+|set[ \t]+|ENV[ \t]+|ARG[ \t]+|\$env:)?["']?$/.test(before) ||
    (name.start < 40 && /^\s*(?:export\s+|set\s+)?$/.test(before));
  const whole = /[^\r\n]{0,2000}/y;
  whole.lastIndex = start;
  const line = (whole.exec(text)?.[0] ?? '').replace(/[ \t]+(?:#.*)?$/, '');
  const rest = beginsLine && !/\s|;\w+=|["'`]|[,;({[]$/.test(line) ? line : null;
  const value = rest ?? /^[^\s"'`<>(){}[\],;|&\\]{0,2000}/.exec(line)?.[0] ?? '';
  const after = line.slice(value.length);
  if (/^\s*[([]/.test(after) || /^\$\(/.test(value)) return null;
  if (isMachineMade(value) && !isStandIn(value)) return { start, end: start + value.length };
  const own = text.slice(name.start, name.end);
  const shouts =
    /^[A-Z0-9_.]+$/.test(own) ||
    /^-/.test(own) ||
    /[?&;][\w.-]{0,40}$/.test(text.slice(Math.max(0, name.start - 41), name.start));
  let place: Place = 'bare';
  if (tight && (shouts || (beginsLine && rest !== null && isSettings(text, name.start)))) place = 'setting';
  else if (!tight && !inQuotes && /:/.test(sign) && rest !== null && /\d/.test(value)) place = 'setting';
  else if (!tight && beginsLine && rest !== null && sign.trim() === '=' && isSettings(text, name.start))
    place = 'setting';
  return isSecret(value, kind, place) ? { start, end: start + value.length } : null;
}

/** Whether the lines around are settings: a heading in brackets, or other names with values and nothing of code. */
function isSettings(text: string, at: number): boolean {
  const near = text.slice(Math.max(0, at - 600), at + 300);
  if (/(?:^|["'`])\[[\w .:"-]{1,60}\]\s*$/m.test(near)) return true;
  return !/[(){};]\s*$/m.test(near);
}

/** `set("password", "value")`: with a digit or a sign, as a list of names has none. */
function listed(view: Unescaped, at: number, kind: Kind): Found {
  const sign = matched(LISTED, view.text, at);
  if (sign === null) return null;
  const found = quotedAt(view, at + sign.length, kind, 'quoted') ?? null;
  return found && /[^a-zA-Z_]/.test(view.text.slice(found.start, found.end)) ? found : null;
}

function further(view: Unescaped, at: number, kind: Kind): Found {
  const { text } = view;
  const sign = matched(FURTHER, text, at);
  if (sign === null) return null;
  const start = at + sign.length;
  const quoted = quotedAt(view, start, kind, 'quoted');
  if (quoted !== undefined) return quoted;
  const value =
    (sign.includes('>') ? /^[^<>\n]{0,400}(?=\s{0,80}<)/ : /^[^\s"'`<>{}]{0,400}/).exec(
      text.slice(start, start + 400),
    )?.[0] ?? '';
  return isSecret(value, kind, 'setting') ? { start, end: start + value.length } : null;
}

function spaced(view: Unescaped, name: Name, at: number, kind: Kind): Found {
  const { text } = view;
  const sign = matched(SPACED, text, at);
  if (
    sign === null ||
    !(text[name.start] === '-' || BEFORE_SPACED.test(text.slice(Math.max(0, name.start - 40), name.start)))
  )
    return null;
  const start = at + sign.length;
  const quoted = quotedAt(view, start, kind, 'quoted');
  if (quoted !== undefined) return quoted;
  const value = /^[^\s"'`<>()|&;]{0,400}/.exec(text.slice(start, start + 400))?.[0] ?? '';
  if (value.startsWith('-')) return null;
  return isSecret(value, kind, 'setting') ? { start, end: start + value.length } : null;
}

function matched(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
