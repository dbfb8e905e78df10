import { expect, test } from 'vitest';
import { isNews, parseEtag, parseTag, tagText } from './tag.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

test.each([
  ['83', { seq: 83, sha256: null }],
  [`83-${a}`, { seq: 83, sha256: a }],
  [' 83 ', { seq: 83, sha256: null }],
  ['', null],
  ['-83', null],
  ['83-', null],
  ['83-abc', null],
  [`83-${'A'.repeat(64)}`, null],
  ['12345678901', null],
  ['2147483647', { seq: 2_147_483_647, sha256: null }],
  ['2147483648', null],
  [`9999999999-${a}`, null],
  ['1e3', null],
  [undefined, null],
])('the tag %s', (text, expected) => {
  expect(parseTag(text)).toEqual(expected);
  if (expected) expect(parseTag(tagText(expected))).toEqual(expected);
  expect(parseEtag(`"${text ?? ''}"`)).toEqual(expected);
  expect(parseEtag(`W/"${text ?? ''}"`)).toEqual(expected);
  expect(parseEtag(text)).toBeNull();
});

test.each([
  ['nothing yet', null, true],
  ['an older number', { seq: 82, sha256: a }, true],
  ['an older number with the same content', { seq: 82, sha256: b }, true],
  ['the very same', { seq: 83, sha256: b }, false],
  ['the number alone, from an older client', { seq: 83, sha256: null }, false],
  ['the same number with another content', { seq: 83, sha256: a }, true],
  ['a higher number: from a faster feed, or lost in a restore', { seq: 84, sha256: a }, false],
])('for who has %s', (_, known, expected) => {
  expect(isNews({ seq: 83, sha256: b }, known)).toBe(expected);
});
