import { describe, expect, it } from 'vitest';
import { hasRealData, realRows } from '../../tests/real-data.ts';
import { lineOf, MARK, visibleText } from './visible-text.tsx';

const shown = (source: string) => visibleText(source).text;

describe('visibleText', () => {
  it('leaves plain text, tabs, accents, right-to-left letters and emoji alone', () => {
    for (const plain of [
      '',
      'a\tb\n',
      'größe',
      'مرحبا',
      'नमस्ते',
      '日本',
      '😀 ✔\ufe0f ⟦x⟧',
      '</script>{{x}}',
    ]) {
      expect(visibleText(plain)).toEqual({ text: plain, notes: [] });
    }
  });

  it('shows bidirectional controls, zero-width characters, odd line ends and control characters', () => {
    expect(shown('a\u202eb\u2066c\u200f')).toBe('a⟦RLO U+202E⟧b⟦LRI U+2066⟧c⟦RLM U+200F⟧');
    expect(shown('a\u200bb\ufeffc\u2060\u00ad')).toBe('a⟦ZWSP U+200B⟧b⟦BOM U+FEFF⟧c⟦WJ U+2060⟧⟦SHY U+00AD⟧');
    expect(shown('a\u2028b\u2029c\u0085d')).toBe('a⟦LSEP U+2028⟧b⟦PSEP U+2029⟧c⟦NEL U+0085⟧d');
    expect(shown('\u0000\u001b[31m\u007f\u009b\u000b\u000c')).toBe(
      '⟦NUL U+0000⟧⟦ESC U+001B⟧[31m⟦DEL U+007F⟧⟦CSI U+009B⟧⟦VT U+000B⟧⟦FF U+000C⟧',
    );
    expect(shown('x\u{e0041}\ufe01')).toBe('x⟦TAG A U+E0041⟧⟦VS2 U+FE01⟧');
    expect(visibleText('a\u202e\u202cb\u200b').notes).toEqual([
      '2 bidirectional controls shown as ⟦…⟧',
      '1 invisible character shown as ⟦…⟧',
    ]);
  });

  it('marks each of them so that the page can find it again', () => {
    const text = shown('a\u202eb\u0001c\u{e0041}\rd');
    expect(text.match(MARK)).toEqual(['⟦RLO U+202E⟧', '⟦U+0001⟧', '⟦TAG A U+E0041⟧', '⟦CR⟧']);
    expect('⟦x⟧ ⟦not one of ours⟧'.match(MARK)).toBeNull();
  });

  it('ends a line at CRLF in mixed texts too, and shows every other carriage return', () => {
    const cr = 'carriage returns shown as ⟦CR⟧';
    for (const [source, text, notes] of [
      ['a\r\nb\r\n', 'a\nb\n', ['line ends are CRLF']],
      ['a\r\nb\n', 'a\nb\n', ['line ends are mixed (1 CRLF, 1 LF)']],
      ['a\r', 'a⟦CR⟧', [cr]],
      ['x\roverwrites', 'x⟦CR⟧overwrites', [cr]],
      ['a\r\r\nb', 'a⟦CR⟧\nb', ['line ends are CRLF', cr]],
      ['a\r\nb\r', 'a\nb⟦CR⟧', ['line ends are CRLF', cr]],
    ] as const) {
      expect(visibleText(source)).toEqual({ text, notes });
    }
  });

  it.skipIf(!hasRealData)('leaves nothing invisible in any real record and keeps its lines', () => {
    const left = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
    for (const row of realRows()) {
      for (const source of [row.prompt, row.before ?? '', row.completion]) {
        const { text } = visibleText(source);
        expect(left.test(text.replaceAll('\n', '').replaceAll('\t', '')), row.id).toBe(false);
        expect(text.split('\n').length, row.id).toBe(source.split('\n').length);
      }
    }
  });
});

describe('lineOf', () => {
  it('counts newlines before the offset', () => {
    const source = 'one\r\ntwo\nthree\n';
    expect([0, 3, 4, 5, 8, 9, 14, 15, 99].map((offset) => lineOf(source, offset))).toEqual([
      1, 1, 1, 2, 2, 3, 3, 3, 3,
    ]);
    expect(lineOf('', 0)).toBe(1);
  });
});
