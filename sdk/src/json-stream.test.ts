import { expect, test } from 'vitest';
import { JsonStream } from './json-stream.ts';

const read = (text: string, length: number) => {
  const stream = new JsonStream();
  let out = '';
  for (let at = 0; at < text.length; at += length) out += stream.take(text.slice(at, at + length));
  return out;
};

test.each<[string, string, string]>([
  ['an object', ' {"a":"x\\ny"}', 'a\n\nx\ny\n\n'],
  ['escapes', '["\\u0041\\"\\\\\\/"]', 'A"\\/\n\n'],
  ['one that is not whole', '{"a":"x\\n', 'a\n\nx\n'],
  ['words', 'print("a\\nb")', ''],
])('strings of %s are read in any cut', (_name, text, expected) => {
  for (let length = 1; length <= text.length; length++) expect(read(text, length)).toBe(expected);
});
