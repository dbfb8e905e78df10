import { describe, expect, it } from 'vitest';
import { locator, type Region } from './span.ts';

const text = 'first\r\n  𝒳 = query(user)\nlast';
const at = (region: Region) => {
  const span = locator(text)(region);
  return span && text.slice(span.start, span.end);
};

describe('locator', () => {
  it('reads lines and columns, with either line end', () => {
    expect(at({ startLine: 1 })).toBe('first');
    expect(at({ startLine: 2, startColumn: 8, endColumn: 19 })).toBe('query(user)');
    expect(at({ startLine: 2, startColumn: 7, endColumn: 18, columns: 'codePoints' })).toBe('query(user)');
    expect(at({ startLine: 2, startColumn: 8, endLine: 3, endColumn: 3 })).toBe('query(user)\nla');
    expect(at({ startLine: 3 })).toBe('last');
  });

  it('reads offsets, and a column written twice runs to the end of its line', () => {
    expect(at({ charOffset: 0, charLength: 5 })).toBe('first');
    expect(at({ startLine: 2, startColumn: 8, endLine: 2, endColumn: 8 })).toBe('query(user)');
  });

  it('counts offsets in their own unit, and marks nothing where the unit is not known and would matter', () => {
    const odd = 'é🔥 x = 1';
    const of = (region: Region) => {
      const span = locator(odd)(region);
      return span && odd.slice(span.start, span.end);
    };
    for (const [unit, charOffset, found] of [
      ['utf16', 4, 'x'],
      [undefined, 4, 'x'],
      ['codePoints', 3, 'x'],
      ['either', 3, null],
      ['either', 4, null],
      ['unknown', 7, null],
      ['utf16', 2, null],
    ] as const) {
      expect(of({ charOffset, charLength: 1, offsets: unit }), `${unit} ${charOffset}`).toBe(found);
    }
    expect(of({ charOffset: 0, charLength: 1, offsets: 'either' })).toBe('é');
    expect(of({ charOffset: 0, charLength: 1, offsets: 'unknown' })).toBeNull();
    expect(of({ startLine: 1, startColumn: 8, endColumn: 9, columns: 'unknown' })).toBeNull();
    expect(of({ startLine: 1, startColumn: 4, endColumn: 5, columns: 'codePoints' })).toBe('x');
  });

  it('marks nothing outside the text', () => {
    const outside: Region[] = [
      { charOffset: 900, charLength: 1 },
      { charOffset: -1 },
      { startLine: 0 },
      { startLine: 99 },
      { startLine: 1, startColumn: 50 },
      { startLine: 1, startColumn: 50, columns: 'codePoints' },
      { startLine: 2, startColumn: 8, endColumn: 2 },
      {},
    ];
    for (const region of outside) expect(at(region)).toBeNull();
    expect(locator(text)(undefined)).toBeNull();
  });

  it('finds a snippet that stands elsewhere once, and does not guess when it stands twice or never', () => {
    expect(at({ startLine: 41, snippet: '  query(user)' })).toBe('query(user)');
    expect(at({ startLine: 1, snippet: 'query(user)' })).toBe('query(user)');
    expect(at({ startLine: 3, snippet: '3: last' })).toBe('last');
    expect(at({ startLine: 41, snippet: 's' })).toBeNull();
    expect(at({ startLine: 1, snippet: 'nowhere' })).toBeNull();
  });
});
