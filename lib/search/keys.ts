import { z } from 'zod';
import { CATEGORIES, OUTCOMES, QUEUE_STATES, SEVERITIES } from '#lib/interactions/schema';
import { VERDICTS } from '#lib/reviews/schema';
import { readTime } from '#lib/time';
import { SURFACES } from '#sdk/rule';

/** One key of the query line. `expects` completes the sentence "expects …". */
type KeySpec = {
  expects: string;
  /** Gives the value in its one spelling, or refuses it. */
  value: z.ZodType<string>;
  /** The words there are, where they are few. */
  words?: readonly string[];
  /** Where the traffic says which values there are. */
  seen?: true;
};

const VALUE_MAX = 500;
const plain = z.string().min(1).max(VALUE_MAX);
const lower = plain.transform((text) => text.toLowerCase());
const numbered = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^(${prefix}-)?[1-9]\\d{0,8}$`, 'i'))
    .transform((text) => `${prefix}-${text.replace(/^\D+/, '')}`);
const oneOf = (words: readonly string[]): KeySpec => ({
  expects: `one of ${words.join(', ')}`,
  value: lower.refine((text) => words.includes(text)),
  words,
});
const seen = (expects: string, value: KeySpec['value'] = plain): KeySpec => ({ expects, value, seen: true });

/** `7d`, `12h`, `30m`: so long before now. */
export const AGO = /^([1-9]\d{0,3})(d|h|m)$/;
const moment: KeySpec = {
  expects: 'a date such as 2026-11-01, a time such as 2026-11-01T14:05, or an age such as 7d, 12h, 30m',
  value: lower
    .refine((text) => AGO.test(text) || readTime(text) !== null)
    .transform((text) => (AGO.test(text) ? text : text.toUpperCase())),
};

/** A slash needs no backslash inside of a pattern, only in the line. */
const freeSlashes = (pattern: string) =>
  pattern.replace(/\\[\s\S]/g, (pair) => (pair === '\\/' ? '/' : pair));

/** Everything the query line knows, in the order in which it offers it. */
export const KEYS = {
  text: { expects: 'words', value: plain },
  re: {
    expects: 'a pattern in RE2 between slashes, such as re:/eval\\(/',
    value: plain.transform(freeSlashes),
  },
  package: seen('the name of a package'),
  host: seen('the name of a host, such as evil.example', lower),
  call: seen('the name of a function'),
  detector: seen('the name of a detector'),
  rule: seen("the name of a detector's rule"),
  category: oneOf(CATEGORIES),
  severity: oneOf(SEVERITIES),
  model: seen('the name of a model'),
  version: seen('the version of a model'),
  language: seen('a language', lower),
  surface: oneOf(SURFACES),
  tenant: seen('a tenant'),
  actor: seen('the id of a user'),
  tier: seen('a tier'),
  source: seen('the name of a source'),
  outcome: oneOf(OUTCOMES),
  state: oneOf(QUEUE_STATES),
  verdict: oneOf(VERDICTS),
  cluster: { expects: 'the number of a cluster, such as C-12', value: numbered('C') },
  incident: { expects: 'the number of an incident, such as INC-12', value: numbered('INC') },
  blocked: { expects: 'the number of a rule that blocked it, such as R-12', value: numbered('R') },
  is: oneOf(['flagged', 'control', 'erased']),
  after: moment,
  before: moment,
  'decided-after': moment,
  'decided-before': moment,
} as const satisfies Record<string, KeySpec>;

export type Key = keyof typeof KEYS;
export const KEY_NAMES = Object.keys(KEYS) as Key[];

export const keySpec = (key: Key): KeySpec => KEYS[key];

/** A key by its name in whatever case. `text` has none: words stand alone. */
export function keyNamed(name: string): Key | undefined {
  const lowered = name.toLowerCase();
  return KEY_NAMES.find((key) => key === lowered && key !== 'text');
}
