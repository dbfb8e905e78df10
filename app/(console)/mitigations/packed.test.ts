import { expect, it } from 'vitest';
import { packed, unpacked } from './packed.ts';

it('gives back what was packed, and leaves what was not to the schema', () => {
  const input = { matcher: { kind: 'imports', packages: ['a', 'b'] }, when: null };
  expect(unpacked(packed(input))).toEqual(input);
  expect(unpacked(input)).toBe(input);
  expect(unpacked('{ not json')).toBe('{ not json');
});
