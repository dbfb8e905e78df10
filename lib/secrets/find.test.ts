import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { expect, test } from 'vitest';
import { hasRealData, realRows } from '../../tests/real-data.ts';
import { findIn } from './find.ts';
import { secretsIn } from './marked.ts';

// Made up, and put together here so that no scanner takes this file for a leak.
const AWS = `AKIA${'QWERTYUIOPASDFGH'}`;
const GITHUB = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;

const found = (text: string) =>
  findIn(text).map(({ start, end, rule }) => `${rule} ${text.slice(start, end)}`);

test('the kept rule set finds what has a format, at exact UTF-16 offsets', async () => {
  const text = `\uFEFF😀 key = "${AWS}"\nconst token = '${GITHUB}';`;
  expect(found(text)).toEqual([`aws ${AWS}`, `github ${GITHUB}`]);
  expect(await secretsIn({ prompt: '', before: text, completion: '' })).toMatchObject([
    { field: 'before', rule: 'aws' },
    { field: 'before', rule: 'github' },
  ]);
});

test('a directive inside a flagged text switches nothing off', () => {
  for (const word of ['disable', 'disable-line', 'disable-next-line']) {
    expect(found(`// secretlint-${word}\nx = ${AWS} // secretlint-${word}`)).toEqual([`aws ${AWS}`]);
  }
});

test('of an address only the password is covered', () => {
  expect(found('db = "postgres://svc:kO9s8aPq2@db.example.com/app"')).toEqual([
    'database-connection-string kO9s8aPq2',
  ]);
  expect(found('https://deploy:p%40ss!w0rd@git.example.com/x')).toEqual(['basicauth p%40ss!w0rd']);
});

test.each([
  ['password = "hunter22"', 'hunter22'],
  ['{"sshPassphrase": "SSHPass123"}', 'SSHPass123'],
  ["define( 'DB_PASSWORD', 'adm1nadm1n' );", 'adm1nadm1n'],
  ['export RDS_PASSWORD=horse-pass9', 'horse-pass9'],
  ['api_key: 3b6311afca5bd8aac647b316704e9c6d # Risk', '3b6311afca5bd8aac647b316704e9c6d'],
  ['machine a login b password pass1234', 'pass1234'],
  ['localhost:5432:app:root:s3cretpw', 's3cretpw'],
  ['<Pass encoding="x">Zm9vYmFyYmF6</Pass>', 'Zm9vYmFyYmF6'],
  ['if "f62e5bcda4fae4f82370da0c6f20697b8f8447ef" == password {', 'f62e5bcda4fae4f82370da0c6f20697b8f8447ef'],
])('a credential without a format: %s', (text, value) => {
  expect(found(text).map((hit) => hit.split(' ')[1])).toEqual([value]);
});

test.each([
  'password = request.form["password"]',
  'password = "<your password>"',
  `password: "$\{DB_PASSWORD}"`,
  "password = 'your_password'",
  'if (!password) throw new Error("password required")',
  'token = next(tokens)',
  'author = "Somebody Else"',
  'const secretKey = process.env.SECRET_KEY',
  'def login(user, password):',
  '-----BEGIN PRIVATE KEY----- is what the header looks like',
  'tokens: 4096',
])('no secret: %s', (text) => {
  expect(found(text)).toEqual([]);
});

test('a private key is covered to its end, cut off or not', () => {
  const body = `${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw'.repeat(2)}\n`.repeat(5);
  const whole = `x\n-----BEGIN RSA PRIVATE KEY-----\n${body}-----END RSA PRIVATE KEY-----\ny`;
  const cut = `-----BEGIN RSA PRIVATE KEY-----\n${body}`;
  for (const text of [whole, cut]) {
    const [span] = findIn(text);
    expect(text.slice(span?.start, span?.end)).toContain(body.trim());
  }
  expect(findIn(whole)[0]?.end).toBeLessThan(whole.length);
});

test('hostile texts of a million characters end soon, however they repeat', () => {
  const pieces = [
    'pass',
    'password = "',
    'http://a:',
    'https://a:b@',
    '-----BEGIN PRIVATE KEY-----',
    'Private-Lines: 9\n',
    'eyJaaaaaaaa.',
    'ghs_1_',
    'xoxb-1-a',
    'mongodb://a:b',
    "define('A_KEY', '",
    'login("a","',
    'a:1:a:a:',
    ' ',
    '\n',
    'aGVsbG8=\n',
    '$6$aaaaaaaaaaaaaaaaaaaa',
    '"aaaaaaaaaaaaaaaaaaaa" == ',
    'SG.a.aaaa',
    `${AWS}\n`,
    'password=a ',
    'password{ ',
    'token for a@b.c ',
    'authorization: ',
    'docker login ',
    'curl -u a:b ',
    'pass\n  value',
    '\\\\"',
  ];
  for (const piece of pieces) {
    // Linear: ten times the length costs about ten times, never a hundred.
    const small = piece.repeat(Math.ceil(100_000 / piece.length));
    findIn(small);
    const started = process.cpuUsage();
    const spans = findIn(small.repeat(10));
    const spent = process.cpuUsage(started).user / 1000;
    expect(spans.length, piece).toBeLessThanOrEqual(500);
    expect(spent, `${JSON.stringify(piece)} took ${Math.round(spent)} ms of CPU`).toBeLessThan(8_000);
  }
});

test('a text full of secrets is covered from the first to the last', () => {
  const text = `a ${`${AWS}\n`.repeat(600)} z`;
  expect(findIn(text)).toEqual([{ start: 2, end: 2 + 600 * (AWS.length + 1) - 1, rule: 'aws' }]);
});

test('every scanner of the set is synchronous: what it finds is there when it returns', () => {
  const text = 'x';
  const late = rules.flatMap(({ meta, create }) => {
    const answer = create(
      {
        sharedOptions: {},
        createTranslator: () => () => ({ message: '', messageId: '' }),
        report: () => {},
        ignore: () => {},
      } as never,
      {},
    ).file?.({ content: text, ext: '', contentType: 'text' } as never);
    return answer === undefined ? [] : [meta.id];
  });
  expect(late).toEqual([]);
});

test.runIf(hasRealData)(
  'of the records that are known to hold a secret, at least 94 % are seen; few others',
  () => {
    const rows = realRows();
    const hit = ({ prompt, before, completion }: (typeof rows)[number]) =>
      [prompt, before ?? '', completion].some((text) => findIn(text).length > 0);
    const [known, others] = [true, false].map((secret) =>
      rows.filter(({ findings }) => (findings[0]?.category === 'secret') === secret),
    ) as [typeof rows, typeof rows];
    expect(known.filter(hit).length / known.length).toBeGreaterThanOrEqual(0.94);
    // Most of these do hold one, such as a key in real code; a reviewer must not see bullets everywhere.
    expect(others.filter(hit).length / others.length).toBeLessThan(0.01);
  },
);
