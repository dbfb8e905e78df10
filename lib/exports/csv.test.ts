import { describe, expect, it } from 'vitest';
import { readCsv } from '../../tests/read-csv.ts';
import { csvHeader, csvRecord } from './csv.ts';
import { ndjsonLine } from './ndjson.ts';

describe('csvRecord', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝']) {
    it(`makes a cell that starts with ${JSON.stringify(start)} safe and says so`, () => {
      const evil = `${start}HYPERLINK("http://x.test")`;
      const [cells] = readCsv(csvRecord(['a', 'b'], { a: 'fine = ok', b: evil }));
      expect(cells).toEqual(['fine = ok', `'${evil}`, 'b']);
    });
  }

  it('keeps commas, quotes, line breaks and semicolons inside their cell', () => {
    const odd = 'a,"b"\r\nc;d\u2028';
    expect(readCsv(csvHeader(['x']) + csvRecord(['x'], { x: odd }))).toEqual([
      ['x', 'altered_cells'],
      [odd, ''],
    ]);
  });

  it('writes nothing for null, times in UTC, and objects as JSON', () => {
    const record = csvRecord(['n', 't', 'o'], { n: null, t: new Date(0), o: { a: 1 } });
    expect(readCsv(record)).toEqual([['', '1970-01-01T00:00:00.000Z', '{"a":1}', '']]);
  });
});

it('an NDJSON line is one line to every reader, and reads back exactly', () => {
  const text = 'a\r\nb\rc\u2028d\u2029e\u0085f\u202Eg"\\ \u200B';
  const line = ndjsonLine({ text });
  expect(line.slice(0, -1)).not.toMatch(/[\r\n\u0085\u2028\u2029]/);
  expect(line.endsWith('\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({ text });
});
