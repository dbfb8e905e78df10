import { expect, test } from 'vitest';
import { createSseParser, type SseEvent } from './sse.ts';

const STREAM =
  ': hello\n\nevent: snapshot\r\nid: 7\r\ndata: {"a":1}\r\n\r\nid:8\ndata:x\ndata: y\n\n:keep\n\nevent: goodbye\rdata\r\rdata: cut off';

const EVENTS: SseEvent[] = [
  { event: 'snapshot', data: '{"a":1}', id: '7' },
  { event: 'message', data: 'x\ny', id: '8' },
  { event: 'goodbye', data: '', id: '8' },
];

test.each([1, 2, 3, 7, 1_000])('events come out whole from chunks of %i characters', (size) => {
  const seen: SseEvent[] = [];
  const parse = createSseParser((event) => seen.push(event));
  for (let i = 0; i < STREAM.length; i += size) parse(STREAM.slice(i, i + size));
  expect(seen).toEqual(EVENTS);
});

test('a line without end is refused before it fills the memory', () => {
  const parse = createSseParser(() => undefined);
  const chunk = 'x'.repeat(1024 * 1024);
  expect(() => {
    for (let i = 0; i < 40; i++) parse(chunk);
  }).toThrow(/longer than any snapshot/);
});
