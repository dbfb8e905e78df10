import { describe, expect, it } from 'vitest';
import { type Chunk, chunksOf, sharedEnds } from './chunks.ts';

// What was cut at a line end lost that newline; what was cut inside a line lost nothing.
const together = (chunks: Chunk[]) =>
  chunks.map((chunk, index) => (index > 0 && !chunk.goesOn ? '\n' : '') + chunk.text).join('');

describe('chunksOf', () => {
  it('keeps every character, bounds every part and knows its line', () => {
    const text = Array.from(
      { length: 5_000 },
      (_, index) => `line ${index + 1} ${'x'.repeat(index % 130)}`,
    ).join('\n');
    const chunks = chunksOf(text);
    expect(together(chunks)).toBe(text);
    for (const chunk of chunks) {
      expect(chunk.text.length).toBeLessThanOrEqual(8_000);
      expect(chunk.text.split('\n').length).toBeLessThanOrEqual(120);
      expect(chunk.text.startsWith(`line ${chunk.line} `)).toBe(true);
    }
  });

  it('cuts one endless line too, never inside a character', () => {
    const text = `${'a'.repeat(7_999)}${'😀'.repeat(30_000)}\nend`;
    const chunks = chunksOf(text);
    expect(together(chunks)).toBe(text);
    expect(chunks.every((chunk) => chunk.text.isWellFormed())).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ line: 2, text: 'end', goesOn: false });
    expect(chunks[1]).toMatchObject({ line: 1, goesOn: true });
  });

  it('ends a part where something is to stand below its line', () => {
    expect(chunksOf('a\nb\nc\nd', new Set([2])).map(({ line, text }) => [line, text])).toEqual([
      [1, 'a\nb'],
      [3, 'c\nd'],
    ]);
    expect(chunksOf('')).toEqual([]);
  });
});

describe('sharedEnds', () => {
  it('finds what is the same at both ends, once', () => {
    expect(sharedEnds(['a', 'b', 'c'], ['a', 'x', 'c'])).toEqual({ head: 1, tail: 1 });
    expect(sharedEnds(['a', 'a'], ['a', 'a', 'a'])).toEqual({ head: 2, tail: 0 });
    expect(sharedEnds([], ['a'])).toEqual({ head: 0, tail: 0 });
  });
});
