import { describe, expect, it } from 'vitest';
import { barLine } from './bar.ts';
import { dialectOf, dialectWords } from './dialect.ts';
import { recognise } from './format.ts';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';
import { csvRecords } from './records.ts';
import { valuesOf } from './values.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
async function* chunked(content: Uint8Array, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('linesOf', () => {
  it('splits the same however the bytes arrive, and counts blank lines without giving them', async () => {
    const content = bytes('\ufeff{"a":1}\r\n\n  \n"é\u2028x"\nlast');
    for (const size of [1, 2, 3, 7, 1_000]) {
      const lines = await all(linesOf(chunked(content, size)));
      const text = lines.map((line) => [line.number, new TextDecoder().decode(line.bytes ?? undefined)]);
      expect(text).toEqual([
        [1, '{"a":1}\r'],
        [4, '"é\u2028x"'],
        [5, 'last'],
      ]);
    }
  });

  it('holds no line over the limit and goes on after it', async () => {
    async function* endless() {
      const part = new Uint8Array(1024 * 1024).fill(0x61);
      for (let n = 0; n <= MAX_LINE_BYTES / part.length; n += 1) yield part;
      yield bytes('\n{}\n');
    }
    const lines = await all(linesOf(endless()));
    expect(lines.map((line) => [line.number, line.bytes?.length ?? null])).toEqual([
      [1, null],
      [2, 2],
    ]);
  });
});

describe('recognise', () => {
  it.each([
    ['{"id":"1","prompt":"p"}\n{"id":"2"}', 'ndjson'],
    [`{"id":"1","prompt":"${'p'.repeat(70_000)}`, 'ndjson'],
    ['{"version":"2.1.0","runs":[]}', 'sarif'],
    ['{\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n  "runs": [', 'sarif'],
    [`{"$schema":"x","runs":[{"tool":{"driver":{"name":"${'n'.repeat(70_000)}`, 'sarif'],
    ['{"version":"2.1.0"}', 'sarif'],
    ['{"id":"r","request":{},"response":{}}\n', 'provider'],
    ['{"id":"m","type":"message","content":[],"stop_reason":"end_turn"}\n', 'provider'],
    ['{"id":"c","call_type":"completion","startTime":1}\n', 'litellm'],
    ['{"standard_logging_object":{}}', 'litellm'],
    ['{"id":"p","ai_model":"m","created_at":"x"}\n', 'portkey'],
    ['\ufeffid,occurredAt,prompt\r\n1,2,3', 'csv'],
    ['"prompt","id"\n1,2', 'csv'],
    ['[{"id":"1"}]', 'ndjson'],
    ['\ufeff[\n  {"id":"c","call_type":"completion","startTime":1},', 'litellm'],
    ['{\n  "id": "1",\n  "prompt": "p}"\n}\n{', 'ndjson'],
    [`{"pad":"${'p'.repeat(70_000)}","ai_model":"m"}\n`, 'portkey'],
    ['id;occurredAt;prompt\r\n1;2;3', 'csv'],
    ['id\toccurredAt\n1\t2', 'csv'],
    ['sep=|\nid|prompt\n1|2', 'csv'],
    ['[1, 2]', null],
    ['hello, world', null],
    ['{\n "other": 1\n}', 'ndjson'],
  ])('%.40s is %s', (text, format) => {
    expect(recognise(bytes(text))?.format ?? null).toBe(format);
  });
});

describe('dialectOf', () => {
  it.each([
    ['id,occurredAt,completion\n', ',', 'its first line has 3 known columns with commas between them'],
    ['\ufeff"id";"occurredAt"\r\n', ';', 'its first line has 2 known columns with semicolons between them'],
    ['id\toccurredAt\tprompt, long', '\t', 'its first line has 2 known columns with tabs between them'],
    ['id|prompt|a,b,c\n', '|', 'its first line has 2 known columns with bars between them'],
    ['sep=^\r\nid^prompt\r\n', '^', 'the line after "sep=" has 2 known columns with "^" between them'],
    ['"sep=;"\nid;prompt\n', ';', 'the line after "sep=" has 2 known columns with semicolons between them'],
    ['id\n1\n', ',', 'its first line has 1 known column'],
  ])('%j', (head, delimiter, words) => {
    expect(dialectOf(head).delimiter).toBe(delimiter);
    expect(dialectWords(dialectOf(head))).toBe(words);
  });
});

describe('csvRecords', () => {
  const read = async (text: string, size: number, delimiter = ',') => {
    async function* pieces() {
      for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
    }
    const isReturn = text.includes('\r') && !text.includes('\n');
    const records = await all(csvRecords(pieces(), { delimiter, hasSepLine: false, isReturn, known: 2 }));
    return records.map((each) => [each.line, 'text' in each ? each.text : `! ${each.unreadable}`]);
  };
  it.each<[string, string, [number, string][]]>([
    [
      'CRLF and then LF',
      'id,c\r\na,1\nb,2\r\n',
      [
        [1, 'id,c'],
        [2, 'a,1'],
        [3, 'b,2'],
      ],
    ],
    [
      'LF and then CRLF',
      'id,c\na,1\r\nb,2',
      [
        [1, 'id,c'],
        [2, 'a,1'],
        [3, 'b,2'],
      ],
    ],
    [
      'CR alone',
      'id,c\ra,1\rb,2\r',
      [
        [1, 'id,c'],
        [2, 'a,1'],
        [3, 'b,2'],
      ],
    ],
    [
      'line ends in quotes',
      'a,"x\r\ny"\r\nb,"x\ny"\nc,3',
      [
        [1, 'a,"x\r\ny"'],
        [3, 'b,"x\ny"'],
        [5, 'c,3'],
      ],
    ],
    [
      'blank lines',
      '\n\na,1\n \nb,2\n',
      [
        [3, 'a,1'],
        [5, 'b,2'],
      ],
    ],
    [
      'quotes written twice',
      'a,"say ""x"", then"\nb,""\n',
      [
        [1, 'a,"say ""x"", then"'],
        [2, 'b,""'],
      ],
    ],
    [
      'text behind a quote',
      'a,"x"y\nb,2\n',
      [
        [1, '! has text behind a closing quote; a quote inside a cell is written twice'],
        [2, 'b,2'],
      ],
    ],
    [
      'a quote in a cell',
      'a,x"y\r\nb,2\n',
      [
        [1, '! has a quote in the middle of a cell without quotes around it'],
        [2, 'b,2'],
      ],
    ],
    [
      'a quote that nobody ends',
      'a,1\nb,"x\nc,3\nd,4',
      [
        [1, 'a,1'],
        [2, '! has a quote that is never closed'],
        [3, 'c,3'],
        [4, 'd,4'],
      ],
    ],
  ])('%s', async (_, text, expected) => {
    for (const size of [1, 2, 5, 1_000]) expect(await read(text, size)).toEqual(expected);
  });
});

describe('valuesOf', () => {
  it.each<[string, string, [number, string][]]>([
    [
      'an array',
      '\ufeff[{"a":"]},"},\n {"b":[1,{}]}\n]\n',
      [
        [1, '{"a":"]},"}'],
        [2, '{"b":[1,{}]}'],
      ],
    ],
    [
      'an array over lines',
      '[\n{\n"a": 1\n},\n{"b":"\\""}\n]',
      [
        [2, '{\n"a": 1\n}'],
        [5, '{"b":"\\""}'],
      ],
    ],
    [
      'values behind each other',
      '{\n"a":1\n}\n{"b":2}',
      [
        [1, '{\n"a":1\n}'],
        [4, '{"b":2}'],
      ],
    ],
    [
      'no objects',
      '[1, "x, y", null]',
      [
        [1, '1'],
        [1, '"x, y"'],
        [1, 'null'],
      ],
    ],
    [
      'cut off',
      '[{"a":1},\n{"b":',
      [
        [1, '{"a":1}'],
        [2, '{"b":'],
      ],
    ],
    [
      'more behind its end',
      '[{"a":1}]\nx',
      [
        [1, '{"a":1}'],
        [2, 'x'],
      ],
    ],
    ['nothing', '[]\n', []],
  ])('%s', async (_, text, expected) => {
    for (const size of [1, 3, 1_000]) {
      const values = await all(valuesOf(chunked(bytes(text), size)));
      expect(
        values.map(({ number, bytes: found }) => [number, new TextDecoder().decode(found ?? undefined)]),
      ).toEqual(expected);
    }
  });
});

describe('barLine', () => {
  it('says how far, how much and how long yet', () => {
    const far = { read: 5 * 1024 ** 2, size: 20 * 1024 ** 2, rows: 1_500, seconds: 10 };
    expect(barLine(far, true)).toBe(
      '██████░░░░░░░░░░░░░░░░░░ 25 %, 5.0 of 20.0 MiB, 1,500 rows, 150/s, 30 s left',
    );
    expect(barLine(far, false)).toMatch(/^25 %, /);
    expect(barLine({ read: 0, size: 0, rows: 0, seconds: 0 }, false)).toContain('100 %');
  });
});
