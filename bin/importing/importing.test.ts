import { describe, expect, it } from 'vitest';
import { barLine } from './bar.ts';
import { formatOf } from './format.ts';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';

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

describe('formatOf', () => {
  it.each([
    ['{"id":"1","prompt":"p"}\n{"id":"2"}', 'ndjson'],
    [`{"id":"1","prompt":"${'p'.repeat(70_000)}`, 'ndjson'],
    ['{"version":"2.1.0","runs":[]}', 'sarif'],
    ['{\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n  "runs": [', 'sarif'],
    [`{"$schema":"x","runs":[{"tool":{"driver":{"name":"${'n'.repeat(70_000)}`, 'sarif'],
    ['{"id":"c","call_type":"completion","startTime":1}\n', 'litellm'],
    ['{"standard_logging_object":{}}', 'litellm'],
    ['{"id":"p","ai_model":"m","created_at":"x"}\n', 'portkey'],
    ['\ufeffid,occurredAt,prompt\r\n1,2,3', 'csv'],
    ['"prompt","id"\n1,2', 'csv'],
    ['[{"id":"1"}]', null],
    ['hello, world', null],
    ['{\n "other": 1\n}', null],
  ])('%.40s is %s', (text, format) => {
    expect(formatOf(bytes(text))).toBe(format);
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
