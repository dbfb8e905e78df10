import { expect, test } from 'vitest';
import { JsonStream } from './json-stream.ts';

/** The strings by depth, an empty line behind each that is over, and where the last one of each is over. */
const read = (text: string, length: number) => {
  const out: string[] = [];
  const stream = new JsonStream({
    add: (depth, more) => {
      out[depth] = (out[depth] ?? '') + more;
    },
    end: (depth) => {
      out[depth] = `${out[depth] ?? ''}\n\n`;
    },
  });
  for (let at = 0; at < text.length; at += length) stream.take(text.slice(at, at + length));
  return Array.from(out, (level) => level ?? '');
};
const encoded = (value: unknown, times: number): string =>
  times === 0 ? JSON.stringify(value) : encoded(JSON.stringify(value), times - 1);

test.each<[string, string, string[]]>([
  ['an object', ' {"a":"x\\ny"}', ['a\n\nx\ny\n\n']],
  ['escapes', '["\\u0041\\"\\\\\\/"]', ['A"\\/\n\n']],
  ['one that is not whole', '{"a":"x\\n', ['a\n\nx\n']],
  ['words', 'print("a\\nb")', []],
  ['one string', '"x\\ny" and words', ['x\ny\n\n']],
  ['JSON in a list', JSON.stringify(['["x\\ny"]', 'z']), ['["x\\ny"]\n\nz\n\n', 'x\ny\n\n']],
  ['JSON in one string', encoded(['x\ny'], 1), ['["x\\ny"]\n\n', 'x\ny\n\n']],
  ['what is no escape', '["\\u","\\ux\\u0041"]', ['u\n\nuxA\n\n']],
  ['JSON behind JSON and a quote', '[] 5" of {"a": ["x\\ny"]} "z"', ['a\n\nx\ny\n\n']],
  ['JSON in a list behind brackets', '{} [ {\n"a":"x\\ny"}, ["z"]]', ['a\n\nx\ny\n\nz\n\n']],
  ['JSON encoded without a string', '{} {\\"a\\": \\"x\\\\ny\\"} z', ['', 'a\n\nx\ny\n\n']],
  ['what breaks off inside', '["[\\"x","[\\"y"]', ['["x\n\n["y\n\n', 'x\n\ny\n\n']],
])('strings of %s are read in any cut', (_name, text, expected) => {
  for (let length = 1; length <= text.length; length++) expect(read(text, length)).toEqual(expected);
});

test('JSON in JSON is read as deep as in a whole answer', () => {
  for (let times = 0; times <= 8; times++) {
    expect(read(encoded(['x\ny'], times), 7)[times], `${times} times`).toBe('x\ny\n\n');
  }
  expect(read(encoded(['x\ny'], 9), 7)[9]).toBeUndefined();
});

test('where a string stands in the text is said, in any cut, also of one that is encoded in another', () => {
  const text = `Say {"a\\u0062":"x\\ny","in":${encoded({ c: 'd\n"e' }, 1)}} now`;
  const told = (length: number) => {
    const strings: [number, string, string][] = [];
    const begun = new Map<number, { from: number; value: string }>();
    const stream = new JsonStream({
      add: (depth, value, from) => {
        const open = begun.get(depth) ?? { from, value: '' };
        begun.set(depth, { ...open, value: open.value + value });
      },
      end: (depth, at) => {
        const { from, value } = begun.get(depth) ?? { from: at, value: '' };
        begun.delete(depth);
        strings.push([depth, value, text.slice(from, at)]);
      },
    });
    for (let at = 0; at < text.length; at += length) stream.take(text.slice(at, at + length));
    return strings;
  };
  expect(told(text.length)).toEqual([
    [0, 'ab', 'a\\u0062"'],
    [0, 'x\ny', 'x\\ny"'],
    [0, 'in', 'in"'],
    [1, 'c', 'c\\'],
    [1, 'd\n"e', 'd\\\\n\\\\\\"e\\'],
    [0, '{"c":"d\\n\\"e"}', '{\\"c\\":\\"d\\\\n\\\\\\"e\\"}"'],
  ]);
  for (let length = 1; length < text.length; length++) expect(told(length)).toEqual(told(text.length));
});
