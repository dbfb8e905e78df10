import { describe, expect, test } from 'vitest';
import { Subject } from './match.ts';
import { SHAPE_LANGUAGES } from './parsers.ts';
import { shapeMatcher, shapeProblem, shapeWords } from './shape.ts';

const hits = (language: string, pattern: string, text: string, textLanguage: string | null = language) =>
  shapeMatcher(
    pattern,
    language,
  )(new Subject(text, textLanguage)).map(({ start, end }) => text.slice(start, end));

const SHELL = 'subprocess.run($CMD, shell=True)';

test('the shape is found whatever its layout, comments and names', () => {
  expect(hits('python', SHELL, 'subprocess.run(cmd, shell=True)')).toHaveLength(1);
  expect(
    hits('python', SHELL, 'x = subprocess.run(\n    build(a, "b"),  # 😀 now\n    shell=True\n)\n'),
  ).toHaveLength(1);
  expect(hits('python', SHELL, 'subprocess.run(cmd, shell=False)')).toEqual([]);
  expect(hits('python', SHELL, '# subprocess.run(cmd, shell=True)')).toEqual([]);
  expect(hits('python', SHELL, 's = "subprocess.run(cmd, shell=True)"')).toEqual([]);
});

test.each([
  ['javascript', 'eval($A)', 'const x = eval( input )'],
  ['typescript', 'new Function($$$ARGS)', 'const f: F = new Function("a", body)'],
  ['go', 'exec.Command("sh", "-c", $X)', 'func f() { exec.Command("sh",\n "-c", line).Run() }'],
  ['java', 'Runtime.getRuntime().exec($A)', 'Runtime.getRuntime().exec(cmd);'],
  ['c', 'strcpy($A, $B)', 'void f(void) { strcpy(to, argv[1]); }'],
  ['rust', 'unsafe { $$$ }', 'fn a() { unsafe { *p = 1 } }'],
])('%s has a parser', (language, pattern, text) => {
  expect(SHAPE_LANGUAGES).toContain(language);
  expect(hits(language, pattern, text)).toHaveLength(1);
});

test('offsets are those of the text, also behind characters of two units', () => {
  expect(hits('python', SHELL, 's = "😀é"\r\nsubprocess.run(c, shell=True)')).toEqual([
    'subprocess.run(c, shell=True)',
  ]);
});

test('fragments and broken code are read as far as they go', () => {
  expect(hits('python', SHELL, '    a = 1\n    subprocess.run(c, shell=True)\n    return a')).toHaveLength(1);
  expect(hits('python', SHELL, 'foo(bar\n  subprocess.run(c, shell=True)\n ((')).toHaveLength(1);
});

describe('which texts', () => {
  const fenced = (tag: string) =>
    `Do this:\n\n\`\`\`${tag}\nsubprocess.run(c, shell=True)\n\`\`\`\nand run it.`;
  test('code of another language is not hit', () => {
    expect(hits('python', SHELL, 'subprocess.run(c, shell=True)', 'go')).toEqual([]);
  });
  test('an answer in a chat is searched in its code blocks, whatever is said of the language', () => {
    expect(hits('python', SHELL, fenced('python'), 'markdown')).toEqual(['subprocess.run(c, shell=True)']);
    expect(hits('python', SHELL, fenced(''), null)).toHaveLength(1);
    expect(hits('python', SHELL, fenced('go'), 'text')).toEqual([]);
    expect(hits('python', SHELL, '```py\nsubprocess.run(c, shell=True)', null)).toHaveLength(1);
  });
  test('text without blocks may be code itself', () => {
    expect(hits('python', SHELL, 'subprocess.run(c, shell=True)', null)).toHaveLength(1);
  });
});

test('a long text is parsed in pieces, and what lies across two of them is found once', () => {
  const filler = 'x = call(a, "b") + c[1]\n'.repeat(6_000);
  const call = 'subprocess.run(c, shell=True)';
  for (const at of [0, 65_500, 65_536, 100_000]) {
    const cut = filler.lastIndexOf('\n', at) + 1;
    const text = `${filler.slice(0, cut)}${call}\n${filler.slice(cut)}`;
    expect(hits('python', SHELL, text), String(at)).toEqual([call]);
  }
});

test.each([
  ['cobol', SHELL, /no parser for cobol/],
  ['python', '$A($B)', /at least one word/],
])('%s: %s is refused with a reason', (language, pattern, message) => {
  expect(shapeProblem(pattern, language)).toMatch(message);
  expect(() => shapeMatcher(pattern, language)).toThrow(message);
});

test('the words of a shape leave its metavariables out', () => {
  expect(shapeWords(SHELL)).toEqual(['subprocess', 'run', 'shell', 'True']);
  expect(shapeWords('f($$$ARGS, $_A)')).toEqual([]);
});
