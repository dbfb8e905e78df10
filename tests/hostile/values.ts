// What a hostile or broken caller puts where something else belongs.

/** JSON text that no JavaScript value becomes: stands in a body as it is. */
export class Raw {
  readonly json: string;
  constructor(json: string) {
    this.json = json;
  }
}

const nested = (depth: number) => new Raw(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const boxes = (depth: number) => new Raw(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

/** Numbers beyond what a column, a double or a whole number can be. */
const NUMBERS: (number | Raw)[] = [
  new Raw('1e309'),
  new Raw('-1e309'),
  new Raw('-0'),
  new Raw('9007199254740993'),
  new Raw('99999999999999999999'),
  2_147_483_648,
  4_294_967_296,
  -1,
  0,
  0.5,
  1e-320,
];

const UUID = '01a00000-0000-7000-8000-00000000000';

/** Texts that Postgres, JSON or a parser of names and times cannot take. */
const TEXTS: string[] = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  'x\udc00y',
  '__proto__',
  'constructor',
  'NaN',
  "'; DROP TABLE event; --",
  '%00',
  '\u202eevil\u2066',
  '../../../etc/passwd',
  'INC-0',
  'INC-99999999999',
  'R-2147483648',
  '-'.repeat(36),
  UUID,
  `${UUID}g`,
  '+275760-09-13T00:00:00.000Z',
  '275761-01-01T00:00:00Z',
  '-271821-04-20T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59-12:00',
];

const OTHERS: unknown[] = [
  null,
  true,
  [],
  [[]],
  ['a', 'b'],
  [null],
  {},
  new Raw('{"__proto__":{"admin":true}}'),
  { constructor: { prototype: {} } },
  { $ne: null },
  { toString: 1, length: 5 },
];

/** Of a list every so-maniest, beginning elsewhere each time: over many fields all of it. */
const some = <T>(list: readonly T[], turn: number, every: number) =>
  list.filter((_, index) => (index + turn) % every === 0);

/**
 * Values for the `turn`-th field, each tried by itself: all that could pass for its kind, and some of the others. `every`
 * so-maniest of them where a body has many fields of a kind.
 */
export function hostileValues(kinds: ReadonlySet<string>, turn: number, every = 1): unknown[] {
  const given = (kind: string) => kinds.size === 0 || kinds.has(kind);
  const all = [
    ...some(NUMBERS, turn, given('number') ? 1 : 5),
    ...some(TEXTS, turn, given('string') ? 1 : 8),
    ...some(OTHERS, turn, given('object') || given('array') ? 1 : 3),
  ];
  return some(all, turn, every);
}

/** Dear ones: tried in a few fields of each body. */
export const HEAVY_VALUES: readonly unknown[] = [
  nested(10_000),
  boxes(10_000),
  'x'.repeat(10 * 1024 * 1024),
  'x'.repeat(900_000),
  '\u0130'.repeat(60_000),
  Array.from({ length: 100_001 }, () => 1),
];

const encoded = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Cursors in the forms that lists give, with places that no list has. */
const CURSORS: string[] = [
  ...[
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    '0000-01-01T00:00:00.000Z',
    '1e3',
    '\0',
  ].map((time) => encoded(`${time} ${UUID}0`)),
  encoded(`2026-01-01T00:00:00.000Z ${'-'.repeat(36)}`),
  encoded([1e300, 1e300]),
  encoded([-1.5, 0.5]),
  encoded([2_147_483_648, 1]),
  encoded([1, 4_294_967_296]),
  encoded([2 ** 53, 2 ** 53]),
  encoded(['0000-01-01T00:00:00Z', 1]),
  encoded(['9999-12-31T23:59:59.999Z', 1e18]),
  encoded('['.repeat(10_000)),
  '999999999',
  '999999999999999999',
  '0',
];

/** Ways to write a number, of which only one is a number here. */
const DIGITS: readonly string[] = [
  '1e309',
  '-0',
  '-1',
  '+1',
  '01',
  '1e0',
  '0x1',
  '0b1',
  '1_0',
  ' 1',
  '1 ',
  '1.0',
  '0.5',
  '\u0661',
  '2147483647',
  '2147483648',
  '9007199254740993',
  '99999999999999999999',
  'Infinity',
  'true',
  'null',
];
const LONG = 'x'.repeat(100_000);
// A URL has no half surrogates.
const WORDS = [...TEXTS.filter((text) => text.isWellFormed()), '[]', '{}', '[object Object]', LONG];

/** Values for the `turn`-th parameter of a query or part of a path. */
export function hostileWords(name: string, kinds: ReadonlySet<string>, turn: number): string[] {
  return [
    ...some(WORDS, turn, kinds.has('number') ? 3 : 1),
    ...some(DIGITS, turn, kinds.has('number') || name === 'seq' ? 1 : 6),
    ...some(CURSORS, turn, name === 'cursor' ? 1 : 9),
  ];
}

/** Values of headers that calls read, or that somebody may think they do. */
export const HOSTILE_HEADERS: Record<string, string[]> = {
  authorization: [
    '',
    'Bearer',
    'Bearer sg_',
    `Bearer sg_${'a'.repeat(5_000)}`,
    'Basic YTpi',
    'Bearer \u00ff',
  ],
  'idempotency-key': ['', ' ', 'a'.repeat(256), '\u00e9', 'a b'],
  'content-type': ['text/plain', 'application/json; charset=utf-16', 'multipart/form-data', '\u00ff'],
  'content-encoding': ['gzip', 'br', 'identity, gzip', '\u00ff'],
  'content-length': ['99999999999999', '-1', 'x'],
  cookie: ['next-auth.session-token=x', '=;=;', `next-auth.session-token=${'e'.repeat(9_000)}`],
  origin: ['null', 'http://evil.test', '\u00ff'],
  accept: ['\u00ff'],
};

/** JSON text of a value that may hold raw pieces. */
export function textOf(value: unknown): string {
  const raw: string[] = [];
  const text = JSON.stringify(value, (_, each) => {
    if (!(each instanceof Raw)) return each;
    raw.push(each.json);
    return `\u0001raw${raw.length - 1}\u0001`;
  });
  return text.replaceAll(/"\\u0001raw(\d+)\\u0001"/g, (_, index) => raw[Number(index)] ?? '');
}
