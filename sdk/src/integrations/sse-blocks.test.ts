import { expect, test } from 'vitest';
import { createBlockSplitter } from './sse-blocks.ts';

const read = (pieces: Iterable<string>) => {
  const splitter = createBlockSplitter();
  return [...[...pieces].flatMap((piece) => splitter.take(piece)), ...splitter.end()];
};
const cut = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));

test.each([
  ['line feeds', 'data: a\n\n: hi\n\nevent: e\ndata: b\ndata: c\n\n', ['a', null, 'b\nc']],
  ['both', 'data: a\r\n\r\ndata: b\r\ndata: c\r\n\r\n', ['a', 'b\nc']],
  ['returns', 'data: a\r\rdata: b\r\r', ['a', 'b']],
  ['mixed', 'data: a\r\n\ndata: b\n\r\ndata: c\n\rdata: d\r\r\n', ['a', 'b', 'c', 'd']],
  ['blank lines before and between', '\n\r\ndata: a\n\n\n\ndata: b\n\n', [null, null, 'a', null, null, 'b']],
  ['a mark at the beginning', '\uFEFF\ndata: a\n\n', [null, 'a']],
  ['no blank line at the end', 'data: a\n\ndata: b', ['a', 'b']],
])('blocks with %s are the same however the text is cut', (_, text, data) => {
  for (let size = 1; size <= text.length; size++) {
    const blocks = read(cut(text, size));
    expect(blocks.map((block) => block.raw).join('')).toBe(text);
    expect(
      blocks.map((block) => block.data),
      `pieces of ${size}`,
    ).toEqual(data);
  }
});

test('an event of 24 MiB in small pieces is read once, not once for each piece', () => {
  const piece = 'x'.repeat(1_024);
  const pieces = Array.from({ length: 24 * 1_024 }, () => piece);
  const [block, ...others] = read(['data: ', ...pieces, '\n\n']);
  expect(others).toEqual([]);
  expect(block?.data?.length).toBe(24 * 1_024 * 1_024);
});

test('an event without end is refused before it fills the memory', () => {
  const splitter = createBlockSplitter();
  const piece = 'x'.repeat(1_024 * 1_024);
  expect(() => {
    for (let at = 0; at < 40; at++) splitter.take(piece);
  }).toThrow('too long');
});
