import { expect, test } from 'vitest';
import { JsonStream } from './json-stream.ts';
import { jsonReadings } from './json-text.ts';
import { pick, random } from './testing/chunks.ts';

const read = (text: string, length: number) => {
  const stream = new JsonStream();
  const out: string[] = [];
  for (let at = 0; at < text.length; at += length) {
    for (const [depth, added] of stream.take(text.slice(at, at + length)).entries()) {
      out[depth] = (out[depth] ?? '') + added;
    }
  }
  while (out.at(-1) === '') out.pop();
  return out;
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

test('what a whole answer reads in a text, a stream of it reads too', () => {
  const next = random(7);
  const begins = ['{', '[', '{}', '"', '{"a":1}'];
  const pieces = [
    '{',
    '[',
    '}',
    ']',
    '"',
    '\\',
    ' ',
    ',',
    ':',
    '\\u0041',
    'X',
    '"k"',
    '{"',
    '["',
    '\\"',
    '1',
  ];
  for (let round = 0; round < 5_000; round++) {
    const text = pick(next, begins) + Array.from({ length: 9 }, () => pick(next, pieces)).join('');
    // What is cut off inside of an escape is not read yet.
    const whole = jsonReadings(`${text}.`).texts.map((each) => each.replace(/u[0-9A-F]*\.?$|\.$/, ''));
    const streamed = read(`${text}.`, 3).map((each) => each ?? '');
    const missed = whole.filter((each) => !streamed.some((level) => level.includes(each)));
    expect({ text, missed }).toEqual({ text, missed: [] });
  }
});
