import { describe, expect, it } from 'vitest';
import { shownSpans } from './spans.ts';
import { visibleText } from './visible-text.tsx';

const marked = (source: string, start: number, end: number | null) => {
  const lines = visibleText(source).text.split('\n');
  return shownSpans(source, start, end).map(({ line, from, to }) => lines[line - 1]?.slice(from, to));
};

describe('shownSpans', () => {
  it('finds the same characters in the shown text, line by line', () => {
    const source = 'one two\nthree four\nfive';
    expect(marked(source, 4, 7)).toEqual(['two']);
    expect(marked(source, 4, 13)).toEqual(['two', 'three']);
    expect(marked(source, 14, null)).toEqual(['four']);
    expect(marked(source, 14, 14)).toEqual(['four']);
    expect(marked(source, 0, 9_999)).toEqual(['one two', 'three four', 'five']);
  });

  it('counts the room that labels of invisible characters take', () => {
    const source = 'a\u202eb = "x"\r\nsecond\u200b(1)';
    expect(marked(source, 2, 3)).toEqual(['b']);
    expect(marked(source, source.indexOf('(1)'), source.length)).toEqual(['(1)']);
    expect(marked(source, 1, 2)).toEqual(['⟦RLO U+202E⟧']);
    expect(marked('x\ry\r\nz', 0, 2)).toEqual(['x⟦CR⟧']);
    expect(marked('x\ry\r\nz', 2, 5)).toEqual(['y']);
  });

  it('marks nothing where there is nothing, and not without end', () => {
    expect(shownSpans('', 0, null)).toEqual([]);
    expect(shownSpans('abc', 3, 9)).toEqual([]);
    expect(shownSpans('x\n'.repeat(2_000), 0, 4_000)).toHaveLength(400);
  });
});
