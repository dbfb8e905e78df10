import { expect, test } from 'vitest';
import { JsonStream, JsonStrings } from './json-stream.ts';
import { jsonReadings } from './json-text.ts';

const twice = (value: unknown) => JSON.stringify(JSON.stringify(value));

test.each<[string, string, string[]]>([
  ['an object', '{"a":"x\\ny","b":["q"],"c":{"d":"e\\u0041"}}', ['a', 'x\ny', 'b', 'q', 'c', 'd', 'eA']],
  ['a name in escapes', '{"\\u0061b":1,"plain":"v"}', ['ab', 'plain', 'v']],
  ['one behind the other', '{"a":"x"}{"b":"y\\nz"}', ['a', 'x', 'b', 'y\nz']],
  ['lines', '{"a":"x\\t1"}\n{"a":"y"}\n', ['a', 'x\t1', 'y']],
  ['a bracket too many', '{"a":"x"}}{"b":"y"}', ['a', 'x', 'b', 'y']],
  ['cut off', '{"a":"x\\ny', ['a', 'x\ny']],
  ['cut off in an escape', '{"a":"x\\u00', ['a', 'xu00']],
  ['a mark at the beginning', '\uFEFF {"a":"x"}', ['a', 'x']],
  ['encoded twice', twice({ a: 'l\nm' }), ['a', 'l\nm', '{"a":"l\\nm"}']],
  [
    'JSON in a string',
    JSON.stringify({ ops: JSON.stringify({ content: 'a\nb' }) }),
    ['ops', 'content', 'a\nb', '{"content":"a\\nb"}'],
  ],
  ['no JSON', 'import os\nprint("a")', []],
  ['code with an object', 'x = {"a": "b\\nc"}', ['a', 'b\nc']],
])('of a text that is JSON: %s', (_name, text, found) => {
  expect(jsonReadings(text).texts).toEqual(found);
});

test.each<[string, string, string[]]>([
  ['behind words', 'Result: {"body":"a\\nb"} and so on', ['body', 'a\nb']],
  ['in a fence', '```json\n[{"x":"a"},{"x":"b\\t"}]\n```', ['x', 'a', 'b\t']],
  ['with its quotes escaped', 'Log: {\\"body\\":\\"a\\\\nb\\"} end', ['body', 'a\nb']],
  ['as a string', `reply = ${JSON.stringify(JSON.stringify({ body: 'a\nb' }))};`, ['body', 'a\nb']],
  ['behind something else in a list', '[true, "a\\nb"] [1, "c\\n"]', ['a\nb', 'c\n']],
  ['behind a comment', '/* x */ {"a": /* y */ "b\\n"}', ['a', 'b\n']],
  [
    'in a call',
    '<tool_call>\n{"name":"run","arguments":{"c":"a\\nb"}}\n</tool_call>',
    ['name', 'run', 'arguments', 'c', 'a\nb'],
  ],
  ['behind a quote that is no string', '5" and ["a\\nb"]', ['a\nb']],
  ['behind a quote that nobody ends', 'x: " ["a\\nb"]', [' [', 'a\nb']],
  ['names', '{"a b\\nc": 1, "d e": 2, "plain": 3}', ['a b\nc', 'd e', 'plain']],
  ['scalars of YAML', 'a: "b\\nc"\nd:\n  - "e\\nf"\n', ['b\nc', 'e\nf']],
  [
    'a command and its arguments',
    '{"command":"npm","args":"install p"}',
    ['command', 'npm', 'args', 'npm install p', 'install p'],
  ],
  ['a command behind its arguments', '{"args":"i p","cmd":"npm"}', ['args', 'i p', 'cmd', 'npm', 'npm i p']],
  ['what a call is given', 'print("a", "b\\nc"); x = "d\\ne"', []],
  ['words in quotes', 'He said "a\\nb" and "c\\n".', []],
])('of a text that holds JSON: %s', (_name, text, found) => {
  expect(jsonReadings(text).texts).toEqual(found);
});

test('what is encoded in itself too often is said, not guessed', () => {
  let text = 'a\nb';
  for (let depth = 0; depth < 6; depth++) text = JSON.stringify({ text });
  expect(jsonReadings(text)).toMatchObject({ isTooDeep: false, texts: expect.arrayContaining(['a\nb']) });
  for (let depth = 0; depth < 6; depth++) text = JSON.stringify({ text });
  expect(jsonReadings(text).isTooDeep).toBe(true);
});

test('whatever is a JSON document, each of its strings is read', () => {
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const strings = ['a\nb', 'q"q', 'back\\slash', '\u0007', 'ß…', '{', '"', '}{', 'tab\t'];
  const make = (depth: number): unknown => {
    const kind = depth > 3 ? 0 : next(3);
    if (kind === 0) return strings[next(strings.length)];
    const list = Array.from({ length: 1 + next(3) }, () => make(depth + 1));
    return kind === 1 ? list : Object.fromEntries(list.map((value, index) => [`k${index}`, value]));
  };
  for (let round = 0; round < 200; round++) {
    const value = { root: make(0) };
    const text = JSON.stringify(value);
    const found = new Set(jsonReadings(text).texts);
    JSON.parse(text, (_key, each: unknown) => {
      if (typeof each === 'string') expect(found).toContain(each);
      return each;
    });
  }
});

test('as in a stream, however it is cut', () => {
  const signs = [
    '"',
    '"',
    '\\',
    '{',
    '[',
    ']',
    '}',
    ':',
    ',',
    ' ',
    '\n',
    'a',
    'n',
    '-',
    '(',
    'command',
    'args',
    '/* x */',
  ];
  let seed = 11;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: 4 + next(24) }, () => signs[next(signs.length)]).join('');
    const told = (length: number) => {
      const strings = new Set<string>();
      const open: string[] = [];
      const stream = new JsonStream({
        add: (depth, more) => {
          open[depth] = (open[depth] ?? '') + more;
        },
        end: (depth) => {
          strings.add(open[depth] ?? '');
          open[depth] = '';
        },
      });
      for (let at = 0; at < text.length; at += length) stream.take(text.slice(at, at + length));
      stream.finish();
      return [...strings].filter((each) => each.trim() !== '');
    };
    for (const length of [1, 2, 5]) expect(told(length), text).toEqual(jsonReadings(text).texts);
  }
});

test('however many quotes a text has, reading it is linear', () => {
  const count = (text: string) => {
    let told = 0;
    const strings = new JsonStrings({
      add: (piece) => {
        told += piece.length;
      },
      end: () => undefined,
      bare: (piece) => {
        told += piece.length;
      },
      bareEnd: () => undefined,
    });
    strings.take(text, 0);
    strings.finish(text.length);
    return told;
  };
  for (const unit of ['"', '{"', '["', '\\"', '{\\"', 'a: "', '", "', '{"command":"a","args":"b"}']) {
    const text = unit.repeat(20_000);
    expect(count(text), unit).toBeLessThanOrEqual(3 * text.length);
  }
});
