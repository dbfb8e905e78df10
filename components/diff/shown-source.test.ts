import { describe, expect, it } from 'vitest';
import { changeOf, sizeOf } from './change.ts';
import { asChange, inPlace } from './shown-source.ts';

const change = (before: string, completion: string) => {
  const shown = asChange({ before, completion, findings: [] });
  const size = shown.before === null ? null : sizeOf(changeOf(shown.before, shown.completion, 'text'));
  return { size, notes: shown.notes };
};

const crlf = 'a = 1\r\nb = 2\r\nc = 3\r\nd = 4\r\n';
const lf = crlf.replaceAll('\r\n', '\n');
const edited = (source: string) => source.replace('b = 2', 'b = 9');
const one = { added: 1, removed: 1, places: 1 };

describe('asChange', () => {
  it('shows the line that changed, however lines end', () => {
    for (const [before, completion, notes] of [
      [crlf, edited(crlf), ['line ends are CRLF']],
      [lf, edited(lf), []],
      [crlf, edited(lf), ['line ends differ: CRLF before, LF after']],
      [lf, edited(crlf), ['line ends differ: LF before, CRLF after']],
      [crlf, crlf.replace('b = 2\r', 'b = 9'), ['line ends differ: CRLF before, mixed (3 CRLF, 1 LF) after']],
      [crlf.replace('2\r', '2'), edited(crlf), ['line ends differ: mixed (3 CRLF, 1 LF) before, CRLF after']],
      [crlf.replace('2\r', '2'), crlf.replace('2\r', '9'), ['line ends are mixed (3 CRLF, 1 LF)']],
      [lf, edited(lf).trimEnd(), ['the newline at the end is missing after']],
      [
        crlf.trimEnd(),
        edited(lf),
        ['line ends differ: CRLF before, LF after', 'the newline at the end is missing before'],
      ],
      [lf.trimEnd(), edited(lf).trimEnd(), []],
    ] as const) {
      expect(change(before, completion), JSON.stringify([before, completion])).toEqual({ size: one, notes });
    }
  });

  it('says so where no line changes', () => {
    const same = 'Nothing changes: the suggestion is the code before';
    const ends = 'No line of the code changes, only how lines end';
    for (const [before, completion, notes] of [
      [lf, lf, [same]],
      [crlf, crlf, [same, 'line ends are CRLF']],
      ['x', 'x', [same]],
      [crlf, lf, [ends, 'line ends differ: CRLF before, LF after']],
      [lf, lf.trimEnd(), [ends, 'the newline at the end is missing after']],
      [
        'a\r\nb\n',
        'a\nb\r\n',
        [ends, 'line ends differ: mixed (1 CRLF, 1 LF) before, mixed (1 CRLF, 1 LF) after'],
      ],
    ] as const) {
      expect(change(before, completion)).toEqual({ size: null, notes });
    }
  });

  it('still shows what hides in a line, and lines that go as a whole', () => {
    expect(change('a\nb\n', 'a\u202e\nb\n')).toEqual({
      size: one,
      notes: ['after: 1 bidirectional control shown as ⟦…⟧'],
    });
    expect(change('a\r\nb\r\n', 'a\rx\nb\n').size).toEqual(one);
    expect(change('a\nb\nc\n', 'a\nc\n').size).toEqual({ added: 0, removed: 1, places: 1 });
    expect(change('a\n', '').size).toEqual({ added: 0, removed: 1, places: 1 });
    expect(change('a\n', 'a\n\n').size).toEqual({ added: 1, removed: 0, places: 1 });
  });
});

describe('inPlace', () => {
  it('knows where the suggestion begins and ends, as it is shown', () => {
    const { inserted, completion } = inPlace(
      { before: 'a\u200b(', completion: 'a\u200b(1\r\n2', findings: [] },
      { prefix: 'a\u200b(', suggestion: '1\r\n2', suffix: ')', insertFirst: true },
    );
    expect(completion).toBe('a⟦ZWSP U+200B⟧(1\n2)');
    expect(inserted).toEqual({ from: { line: 1, column: 15 }, to: { line: 2, column: 1 } });
  });
});
