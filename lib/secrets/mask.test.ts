import { expect, test } from 'vitest';
import { findIn, findSecrets } from './find.ts';
import { mask, maskedData, maskedMessage, maskedTexts, secretValues, textsOf } from './mask.ts';
import { hiddenNote } from './schema.ts';

const AWS = `AKIA${'QWERTYUIOPASDFGH'}`;

test('covers at the same length, keeps lines, and takes overlapping and overlong places', () => {
  const text = '😀 one\r\ntwo three';
  const shown = mask(text, [
    { start: 8, end: 11 },
    { start: 3, end: 10 },
    { start: 13, end: 99 },
  ]);
  expect(shown).toBe('😀 •••\r\n••• t••••'.slice(0, 3) + '•••\r\n'.concat('•', '•• t••••'));
  expect(shown).toHaveLength(text.length);
});

test('masks the texts, what quotes them, and the sender’s own data', async () => {
  const row = { prompt: 'use hunter22 as password: "hunter22"', before: null, completion: `k = "${AWS}"` };
  const spans = await findSecrets(textsOf(row));
  const shown = maskedTexts(row, spans);
  expect(shown.completion).toBe(`k = "${'•'.repeat(AWS.length)}"`);
  const values = secretValues(row, spans);
  expect(maskedMessage('found hunter22 here', values)).toBe('found •••••••• here');
  expect(maskedMessage(`found ${AWS}`, [])).toBe(`found ${'•'.repeat(AWS.length)}`);
  const data = maskedData(
    { password: 'swordfish9', n: 3, deep: [{ note: `see ${AWS}`, q: 'hunter22' }] },
    values,
  );
  expect(JSON.stringify(data)).not.toMatch(/swordfish9|hunter22|AKIA/);
  expect(data).toMatchObject({ n: 3 });
});

test('says in words what is hidden', () => {
  expect(hiddenNote(findIn(`${AWS} x\npassword = "hunter22"\npwd = "hunter23"`))).toBe(
    'AWS key, 2 × password hidden',
  );
  expect(hiddenNote([])).toBeNull();
});
