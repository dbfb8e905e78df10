import { expect, test } from 'vitest';
import { completions, writingAt } from './complete.ts';

const shown = (line: string, caret = line.length, values: string[] = []) =>
  completions(line, caret, values).map((each) => [each.shown, each.line]);

test('a word becomes a key, in its place and with its minus', () => {
  expect(shown('la')).toEqual([['language:', 'language:']]);
  expect(shown('x -la y', 5)).toEqual([['-language:', 'x -language: y']]);
  expect(shown('decided')).toEqual([
    ['decided-after:', 'decided-after:'],
    ['decided-before:', 'decided-before:'],
  ]);
  expect(shown('nothing')).toEqual([]);
  expect(shown('').length).toBeGreaterThan(20);
});

test('a key takes values, quoted where they must be', () => {
  expect(writingAt('tenant:ac', 9)).toMatchObject({ key: 'tenant', part: 'ac' });
  expect(writingAt('tenant:"acme i', 14)).toMatchObject({ key: 'tenant', part: 'acme i' });
  expect(shown('tenant:ac x', 9, ['acme', 'acme inc'])).toEqual([
    ['tenant:acme', 'tenant:acme  x'],
    ['tenant:"acme inc"', 'tenant:"acme inc"  x'],
  ]);
  expect(shown('-model:', 7, ['a"b'])).toEqual([['-model:"a\\"b"', '-model:"a\\"b" ']]);
  expect(shown('modle:x', 7, ['y'])).toEqual([]);
});
