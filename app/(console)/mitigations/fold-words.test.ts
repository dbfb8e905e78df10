import { expect, it } from 'vitest';
import { foldWords, withPhrases } from './fold-words.ts';

it.each([
  [
    1,
    false,
    '1 example differs only in capitals, blanks, or hidden or look-alike characters. Phrases find it.',
  ],
  [
    2,
    false,
    '2 examples differ only in capitals, blanks, or hidden or look-alike characters. Phrases find them.',
  ],
  [
    2,
    true,
    '2 examples differ only in capitals, blanks, or hidden or look-alike characters. Phrases find them, but look only for 1 phrase from the examples, not for all that the pattern finds.',
  ],
])('%d, pattern %s', (examples, isPattern, words) => {
  expect(foldWords({ examples, phrases: ['ignore all rules'] }, isPattern)).toBe(words);
});

it('fills phrases in where none were typed', () => {
  const fold = { examples: 1, phrases: ['one', 'two'] };
  expect(withPhrases({ phrases: '' }, fold)).toEqual({ kind: 'phrases', phrases: 'one\ntwo' });
  expect(withPhrases({ phrases: ' \n' }, fold).phrases).toBe('one\ntwo');
  expect(withPhrases({ phrases: 'mine' }, fold).phrases).toBe('mine');
  expect(withPhrases({ phrases: '' }, null)).toEqual({ kind: 'phrases', phrases: '' });
});
