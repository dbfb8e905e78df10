import { expect, test } from 'vitest';
import { findIn } from './find.ts';
import { secretsIn, uncoveredIn } from './marked.ts';
import { cover, coveredTexts, MASK, mask, maskedData, maskedMessage, secretValues } from './mask.ts';
import { hiddenNote } from './schema.ts';

const AWS = `AKIA${'QWERTYUIOPASDFGH'}`;

test('one mask of one length, whatever it covers: lines, halves and more than there is', () => {
  const text = '😀 one\r\ntwo three';
  expect(mask(text, [{ start: 3, end: 6 }])).toBe(`😀 ${MASK}\r\ntwo three`);
  const places = [
    { start: 8, end: 11 },
    { start: 3, end: 10 },
    { start: 13, end: 99 },
  ];
  expect(mask(text, places)).toBe(`😀 ${MASK} t${MASK}`);
  expect(mask(text, [{ start: 99, end: 120 }])).toBe(text);
});

test('places of the true text are found again in what is shown', () => {
  const text = 'a = "secret-one"; b = "x"; run(b)';
  const { text: shown, placed } = cover(text, [
    { start: 5, end: 15 },
    { start: 23, end: 24 },
  ]);
  const at = (piece: string) => ({ start: text.indexOf(piece), end: text.indexOf(piece) + piece.length });
  const seen = (piece: string) => {
    const { start, end } = placed(at(piece));
    return shown.slice(start, end);
  };
  expect(seen('run(b)')).toBe('run(b)');
  expect(seen('a = "')).toBe('a = "');
  expect(seen('secret-one')).toBe(MASK);
  expect(seen('cret')).toBe(MASK);
  expect(seen('"secret-one"; b')).toBe(`"${MASK}"; b`);
  expect(seen('= "x"')).toBe(`= "${MASK}"`);
});

test('masks the texts, what quotes them, and the sender’s own data', async () => {
  const row = { prompt: 'use hunter22 as password: "hunter22"', before: null, completion: `k = "${AWS}"` };
  const spans = await secretsIn(row);
  expect(coveredTexts(row, spans).completion.text).toBe(`k = "${MASK}"`);
  const values = secretValues(row, spans);
  expect(maskedMessage('found hunter22 here', values)).toBe(`found ${MASK} here`);
  expect(maskedMessage(`found ${AWS}`, [])).toBe(`found ${MASK}`);
  const data = maskedData(
    { password: 'swordfish9', n: 3, deep: [{ note: `see ${AWS}`, q: 'hunter22' }] },
    values,
  );
  expect(data).toEqual({ password: MASK, n: 3, deep: [{ note: `see ${MASK}`, q: MASK }] });
});

test.each([
  ['its place', 'x = rot13("uryyb")', { start: 10, end: 17 }, `x = rot13(${MASK})`],
  ['a part of a word', 'token qwertyuiop end', { start: 8, end: 12 }, `token ${MASK} end`],
  ['more than there is', 'abc def', { start: 4, end: 400 }, `abc ${MASK}`],
  ['beside one of ours', `a = "${AWS}" b`, { start: 0, end: 3 }, `${MASK} "${MASK}" b`],
])('what a detector marks as a secret is covered: %s', async (_, completion, place, shown) => {
  const row = { prompt: '', before: null, completion, findings: [{ category: 'secret', ...place }] };
  const spans = await secretsIn(row);
  expect(coveredTexts(row, spans).completion.text).toBe(shown);
  expect(uncoveredIn(row, spans)).toBe(0);
  const other = { ...row, findings: [{ category: 'other', ...place }] };
  expect(coveredTexts(other, await secretsIn(other)).completion.text).toBe(completion.replace(AWS, MASK));
});

test.each([
  ['no place', 'f(x)', { start: null, end: null }, 1],
  ['a place behind the end', 'f(x)', { start: 40, end: 50 }, 1],
  ['no place, and one that we found', `k = "${AWS}"`, { start: null, end: null }, 0],
])(
  'a secret that a detector names without covering it is counted: %s',
  async (_, completion, place, count) => {
    const row = { prompt: '', before: null, completion, findings: [{ category: 'secret', ...place }] };
    expect(uncoveredIn(row, await secretsIn(row))).toBe(count);
  },
);

test('says in words what is hidden, and what could not be', () => {
  expect(hiddenNote(findIn(`${AWS} x\npassword = "hunter22"\npwd = "hunter23"`))).toBe(
    'AWS key, 2 × password hidden.',
  );
  expect(hiddenNote([])).toBeNull();
  expect(hiddenNote([], 1)).toBe('The detector names a secret that could not be covered.');
  expect(hiddenNote([{ rule: 'aws' }], 1)).toBe(
    'AWS key hidden. The detector names a secret that could not be covered.',
  );
});
