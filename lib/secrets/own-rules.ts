// What the kept rule set leaves out: credentials without a format of their own, told by the name they are assigned
// to. Every quantifier is bounded, so a scan stays linear in the length of the text whatever it holds.

export type Hit = { start: number; end: number; rule: string };

const PASSWORD_NAME = 'passw(?:or)?ds?|passwd|passphrase|pass|pwd|pw';
const CREDENTIAL_NAME =
  'secret|token|api_?key|access_?key|auth_?key|client_?key|private_?key|encryption_?key|app_?key|credentials?|cred|auth|salt';

/** A name, and what stands between it and a quoted value: `password = "`, `"pass": "`, `define('DB_PASSWORD', '`. */
const QUOTED = new RegExp(
  `(?:(${PASSWORD_NAME})|(?:${CREDENTIAL_NAME}|(?<=define\\( ?['"][A-Z_]{1,20}_)(?:KEY|SALT)))` +
    `[A-Za-z0-9_-]{0,16}["'\\]]{0,2}[ \\t]{0,8}(?:[:!=]?={1,2}|=>|:|(?<=define\\( ?['"][A-Za-z_]{1,40}['"][ \\t]{0,8}),)[ \\t]{0,20}(["'\`])`,
  'gi',
);

/** `export DB_PASSWORD=value`, `secret_key = value`, `api_key: value`, alone on a line, with a comment at most. */
const UNQUOTED = new RegExp(
  `^[ \\t]{0,40}(?:- )?(?:export[ \\t]{1,4})?[A-Za-z0-9_.-]{0,40}?(?:(${PASSWORD_NAME})|${CREDENTIAL_NAME}|secret_key_base)` +
    `[A-Za-z0-9_-]{0,16}([ \\t]{0,4}[=:][ \\t]{0,4})([^\\s"'\`#(){}\\[\\];,<>$]{6,400})[ \\t]{0,20}(?:#.{0,200})?\\r?$`,
  'gim',
);

/** Formats that say what they are, each by its own description; the value is the group `v`, or all of it. */
const FORMATS: readonly (readonly [rule: string, pattern: RegExp])[] = [
  // RFC 7519: three base64url parts, the first two being JSON objects.
  ['jwt', /\beyJ[\w-]{8,1000}\.eyJ[\w-]{8,2000}\.[\w-]{16,700}/g],
  // Google's documentation of API keys: 39 characters that begin with AIza.
  ['google-api-key', /\bAIza[\w-]{35}(?![\w-])/g],
  // crypt(5) and Apache's htpasswd.
  ['password-hash', /\$(?:1|2[aby]?|5|6|7|y|apr1|argon2(?:id?|d))\$[./A-Za-z0-9$=,+]{20,250}/g],
  // RFC 3986 userinfo. The password runs to the last @ before the host, as people forget to encode it.
  ['basicauth', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:'"`<>]{1,100}:(?<v>[^\s/'"`<>{}$]{3,200})@(?=[\w[])/gi],
  // netrc(5), and mail programs that write the same without a name before it.
  ['password', /\blogin[ \t]{1,8}\S{1,100}\s{1,8}password[ \t]{1,8}(?<v>\S{1,100})/g],
  ['password', /^[ \t]{0,8}password[ \t]{1,8}"(?<v>[^"\n]{4,100})"[ \t]{0,8}\r?$/gm],
  // PostgreSQL's .pgpass: host:port:database:user:password
  ['password', /^[\w.*-]{1,100}:(?:\d{2,5}|\*):[^:\s]{1,63}:[^:\s]{1,63}:(?<v>\S{3,200})$/gm],
  ['password', /<pass(?:word)?(?: [^<>]{0,80})?>(?<v>[^<>\n]{4,300})<\/pass/gi],
  // A name and a password given to a function called login.
  ['password', /\blogin\((["'])[^"'\n]{1,100}\1, ?(["'])(?<v>[^"'\n]{6,100})\2/gi],
  // The value first: if "f62e…" == password
  [
    'password',
    /(["'])(?<v>[\w+/=-]{16,200})\1[ \t]{0,4}[!=]={1,2}[ \t]{0,4}\w{0,30}(?:password|passwd|secret|token)\b/gi,
  ],
];

const KEY_BLOCK = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----|^Private-Lines: \d{1,4}\r?$/gm;
/** A key's block, piece by piece: a cut text has no end mark, and a JSON text has its line breaks escaped. */
const KEY_PIECE =
  /(?:(?:Proc-Type|DEK-Info|Comment|Private-MAC): [^\n]{0,200}|[A-Za-z0-9+/=\\ \t]{0,400})\r?\n?/y;
const KEY_PIECES = 400;

const PLACEHOLDER =
  /^(?:[*x.•-]{1,80}|(?:your|my|the|some|example|sample|test|dummy|fake|change|enter|insert|replace|todo|null|none|undefined|true|false|password|passwd|secret|token|string|required|optional|hidden|invalid|incorrect|wrong)(?:[ _.-]?[a-z]{1,20}){0,4})$/i;
const TEMPLATE = /[<>]|\$\{|\{\{|\{\w{0,30}\}|%[sdv(]|^[$%@:]|^(?:https?|ftp|file):|\.\w{2,5}$|\\|\/\//;

/** Every credential that these rules see in a text; spans may overlap. */
export function ownHits(text: string): Hit[] {
  return [...formats(text), ...keyBlocks(text), ...quoted(text), ...unquoted(text)];
}

function* formats(text: string): Generator<Hit> {
  for (const [rule, pattern] of FORMATS) {
    for (const match of text.matchAll(pattern)) {
      const value = match.groups?.v;
      if (value === undefined) yield { start: match.index, end: match.index + match[0].length, rule };
      else {
        if (TEMPLATE.test(value) && rule === 'password') continue;
        const start = match.index + match[0].lastIndexOf(value);
        yield { start, end: start + value.length, rule };
      }
    }
  }
}

function* keyBlocks(text: string): Generator<Hit> {
  let end = 0;
  for (const match of text.matchAll(KEY_BLOCK)) {
    // Inside the block before it.
    if (match.index < end) continue;
    const start = match.index + match[0].length;
    end = blockEnd(text, start);
    // A name of a key, as in a check for one, is no key.
    if (/[A-Za-z0-9+/]{24}/.test(text.slice(start, end))) yield { start, end, rule: 'privatekey' };
  }
}

function blockEnd(text: string, start: number): number {
  let end = start;
  for (let piece = 0; piece < KEY_PIECES; piece++) {
    KEY_PIECE.lastIndex = end;
    const length = KEY_PIECE.exec(text)?.[0].length ?? 0;
    if (length === 0) break;
    end += length;
  }
  return end;
}

function* quoted(text: string): Generator<Hit> {
  for (const match of text.matchAll(QUOTED)) {
    const start = match.index + match[0].length;
    const value = upTo(text, start, match[2] ?? '"');
    if (value === null || PLACEHOLDER.test(value)) continue;
    if (match[1] !== undefined ? isPassword(value) : isKeyLike(value)) {
      yield { start, end: start + value.length, rule: match[1] === undefined ? 'credential' : 'password' };
    }
  }
}

function* unquoted(text: string): Generator<Hit> {
  for (const match of text.matchAll(UNQUOTED)) {
    const [whole, password, separator = '', value = ''] = match;
    if (PLACEHOLDER.test(value) || TEMPLATE.test(value)) continue;
    // `password = password1` may be code; without spaces it is a settings file, and there a word is a password.
    const tight = separator === '=';
    if (
      !(isKeyLike(value) || (password !== undefined && tight && !value.includes('.') && value !== password))
    )
      continue;
    const start = match.index + whole.indexOf(value, whole.indexOf(separator) + separator.length);
    yield { start, end: start + value.length, rule: password === undefined ? 'credential' : 'password' };
  }
}

function upTo(text: string, start: number, quote: string): string | null {
  const window = text.slice(start, start + 400);
  const end = window.search(quote === '"' ? /["\n]/ : quote === "'" ? /['\n]/ : /[`\n]/);
  return end > 0 && window[end] === quote ? window.slice(0, end) : null;
}

/** A word that somebody chose: no sentence, no template, no path. */
function isPassword(value: string): boolean {
  return value.length >= 5 && !/\s/.test(value) && (!TEMPLATE.test(value) || isKeyLike(value));
}

/** Long and mixed as only machines write: hex, base64, or a run of letters and digits; also 40 random printables. */
function isKeyLike(value: string): boolean {
  const digits = value.replace(/\D/g, '').length;
  if (/^[\w+/=:.-]{16,400}$/.test(value)) {
    const words = value
      .split(/[_.:/-]/)
      .filter((part) => /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)$/.test(part)).length;
    return digits >= 3 && words <= 1;
  }
  return value.length >= 40 && digits >= 2 && new Set(value).size >= 24 && value.split(' ').length <= 4;
}
