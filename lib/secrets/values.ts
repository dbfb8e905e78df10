import type { Kind } from './names.ts';

const THING =
  'pass|pwd|pw|passwords?|passwd|passwort|passphrase|secrets?|tokens?|keys?|api[ _-]?key|access[ _-]?key|credentials?|user(?:name)?|value|string|here';
/** What stands where a secret would: an instruction, a row of stars, a word for the thing itself. */
const PLACEHOLDER = new RegExp(
  `^(?:[*x.•_?0#-]{1,200}|(?:(?:my|your|the|test|example|sample|dummy|fake|new|old|user|db|admin|some|mysql|postgres|root|login|client)[ _-]?)?(?:${THING})|` +
    `(?:your|my|the|some|an?|example|sample|test|testing|dummy|fake|mock|enter|insert|replace|put|add|todo|tbd|fixme|null|nil|none|undefined|true|false|yes|no|str|text|varchar|char|byte|bool|boolean|number|int|any|object|required|optional|hidden|redacted|removed|masked|omitted|invalid|incorrect|wrong|unknown|default|empty|blank|foo|bar|baz|foobar|bearer|basic|oauth2?|jwt|current|new|old|confirm|${THING})(?:[ _.-][a-z]{1,20}){0,5}|` +
    `change[ _-]?(?:me|it|this|in[ _-]production)\\W{0,3}|.{0,20}(?:placeholder|redacted|your[ _-]|<[\\w .-]+>|\\bxxx+|\\*{4}).{0,60}|.*\\.{3})$`,
  'i',
);
/** Documentation's own: AWS ends its invented keys so. */
const SAMPLE = /EXAMPLE(?:KEY)?$/;
/** Filled in by something else, or no secret by its form: a path, an address, a time, a digest that says so, a colour. */
const REFERENCE =
  /^\$[({A-Za-z_]|^%[({A-Za-z_]|^@[({A-Za-z_.]+@?$|\$\{|\$\(|\{\{|\{\w{0,30}\}|%[sdvq]\b|%\w+%$|^<|^!|^&|^:\w+$|^(?:https?|ftp|file|urn|arn|data|secret|vault|op|ssm|env|kms):|^\.{0,2}\/[\w.-]+\/|^~\/|^[A-Za-z]:\\|^\w+\.(?:\w+\.)*(?:js|ts|py|go|rb|java|json|ya?ml|txt|pem|key|crt|md|xml|html?|php|sh)$|^sha(?:1|256|384|512)[-:]|^\d{4}-\d\d-\d\d|^#[0-9a-f]{3,8}$|^ssh-|^[\w.]+\(|^\[/i;

/** Whether a value points at a secret, or is one of the samples of documentation: not the secret itself. */
export const isReference = (value: string) => value.length < 3 || REFERENCE.test(value) || SAMPLE.test(value);

/** Whether a value can be no secret whatever its name: a reference, a placeholder, or nothing. */
export function isStandIn(value: string): boolean {
  return (
    isReference(value) ||
    PLACEHOLDER.test(value) ||
    /^(.)\1*$/s.test(value) ||
    isFiller(value) ||
    /^(?:abc(?:123|def\w*)?|1234abcd)$/i.test(value)
  );
}

/** A row of one sign, as in `ghp_xxxxxxxx`. */
export const isFiller = (value: string) => /(.)\1{7}/s.test(value);

/** Whether what stands in the place of a password of an address is none: `user:password@`. */
export const isWeak = (value: string) =>
  isReference(value) ||
  isFiller(value) ||
  /^(?:pass(?:w(?:or)?d)?|pwd|pw|secret|x{3,}|\*+|changeme|your\W?\w+)$/i.test(value);

/** Long and mixed as only machines write: hex, base64, a UUID, or a run of letters and digits; also 40 random printables. */
export function isMachineMade(value: string): boolean {
  const digits = value.replace(/\D/g, '').length;
  if (/^[\w+/=:.~-]{16,2000}$/.test(value)) {
    const parts = value.split(/[_.:/-]/);
    const words = parts.filter(
      (part) => /^(?:[a-z]{3,}|[A-Z]{3,}|[A-Z][a-z]{2,})$/.test(part) && !/^[a-f]+$/i.test(part),
    );
    if (words.length > 1 && words.join('').length * 3 > value.length) return false;
    if (digits >= 3) return true;
    return value.length >= 20 && /^[\w+/=-]+$/.test(value) && changes(value) * 3 >= value.length;
  }
  return value.length >= 40 && digits >= 2 && new Set(value).size >= 24 && value.split(' ').length <= 4;
}

/** How often small letters, capitals and digits take turns. */
function changes(value: string): number {
  let count = 0;
  let before = '';
  for (const sign of value) {
    const kind = /[a-z]/.test(sign) ? 'a' : /[A-Z]/.test(sign) ? 'A' : '0';
    if (kind !== before) count++;
    before = kind;
  }
  return count;
}

/** A value in code: `var.password`, `data.secret.value`. */
const PATH = /^[a-z_]\w*(?:\.[a-z_]\w*)+$/;
const NAMED = /^(?=.*(?:pass|pwd|secret|token|cred|auth))[a-z]+(?:[-_.][a-z]+)+$/i;

/** Where a value stands: in quotes; as the rest of a setting, `NAME=value` or `name: value`; or where code may stand as well. */
export type Place = 'quoted' | 'setting' | 'bare';

/** Whether a value that stands under a name of this kind is a secret. */
export function isSecret(value: string, kind: Kind, place: Place): boolean {
  if (isStandIn(value)) return false;
  if (isMachineMade(value)) return true;
  if (kind === 'key' || /\s/.test(value)) return false;
  const mixed = /\d/.test(value) && /\p{L}/u.test(value);
  const isName = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/.test(value);
  if (kind === 'secret') {
    if (!mixed || value.length < 8) return false;
    // `my-database-2024` is the name of one.
    return place === 'quoted' || (/[A-Z!@#$%^&*?]/.test(value) && !isName);
  }
  // One word with a capital is a label, "Passwort"; words with one for the thing name it, "db-password".
  if (/^\p{Lu}\p{Ll}+$/u.test(value) || (place !== 'setting' && NAMED.test(value))) return false;
  if (place === 'quoted') return value.length >= 5;
  if (place === 'setting') return value.length >= 4 && !PATH.test(value);
  // Code may stand here: a name, a call, an index.
  return mixed && value.length >= 5 && !isName && !/[()[\]{}]/.test(value);
}
