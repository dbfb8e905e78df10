import { describe, expect, it } from 'vitest';
import { normalForm, variantOf } from './variant.ts';

const same = (language: string, one: string, other: string) =>
  normalForm(one, language) === normalForm(other, language);

const shell = (argument: string, name = 'path', rest = '') =>
  `def tidy(${name}):\n    subprocess.run(${argument}, shell=True)${rest}\n    return ${name}\n`;

describe('is the same to the eye', () => {
  it.each([
    ['python', shell('"ls build"'), shell('"ls build"', 'where')],
    ['python', shell('"ls build"'), shell('"ls build"', 'match')],
    ['python', shell('"ls build"'), shell('"ls build"').replaceAll('    ', '\t')],
    ['python', 'f(a,  b)\n\n\ng(c)', 'f(a, b)\r\ng(c)  \n'],
    ['python', 'f(\n    a,\n    b)', 'f(a, b)'],
    ['python', 'for row in rows:\n  send(row)', 'for item in rows:\n  send(item)'],
    ['python', 'with open(p) as f:\n  load(f)', 'with open(p) as handle:\n  load(handle)'],
    ['javascript', 'const a = read();\nrun(a);', 'const select = read(); run(select);'],
    ['javascript', 'xs.map((a) => f(a, a))', 'xs.map((b) => f(b, b))'],
    ['typescript', 'function go(cmd: string) { run(cmd); }', 'function go(none: string) { run(none); }'],
    ['java', 'String where = read(); run(where);', 'String match = read(); run(match);'],
    ['c', 'int n = read(); free(n);', 'int is = read(); free(is);'],
    ['csharp', 'var cmd = Read(); Run(cmd);', 'var del = Read(); Run(del);'],
    ['go', 'func f(a int) { use(a) }', 'func f(pass int) { use(pass) }'],
    ['go', 'x := read()\nuse(x)', 'y := read()\nuse(y)'],
    ['rust', 'let a = read(); run(a);', 'let def = read(); run(def);'],
    ['php', '$a = read(); run($a);', '$b = read(); run($b);'],
    ['shell', 'rm  -rf   build\n\n\nls', 'rm -rf build\nls\n'],
    ['text', 'Ignore  all\n\nrules', 'Ignore all\nrules'],
  ])('%s: %j and %j', (language, one, other) => {
    expect(same(language, one, other)).toBe(true);
  });
});

describe('must be seen', () => {
  it.each([
    ['a command', 'python', shell('"ls build"'), shell('"rm -rf /"')],
    ['a single character of it', 'python', shell('"ls build"'), shell('"ls  build"')],
    ['a host', 'python', shell('"curl https://a.example"'), shell('"curl https://b.example"')],
    ['interpolation', 'python', shell('"ls {path}"'), shell('f"ls {path}"')],
    ['a raw string', 'python', 'f("\\n")', 'f(r"\\n")'],
    ['quotes that run', 'javascript', "f('a b')", 'f(`a b`)'],
    ['a number', 'python', 'chmod(p, 644)', 'chmod(p, 777)'],
    ['a long number', 'go', 'f(12345678901)', 'f(12345678902)'],
    ['a call', 'python', 'json.loads(x)', 'json.dumps(x)'],
    ['what it is called on', 'python', 'json.loads(x)', 'pickle.loads(x)'],
    ['a function that is handed on', 'python', 'map(str.strip, xs)', 'map(os.system, xs)'],
    ['a free name', 'python', 'apply(repr, x)', 'apply(eval, x)'],
    ['a package', 'python', 'import os as a\nimport json as b', 'import os as a\nimport jsom as b'],
    ['an imported name', 'python', 'from os import getenv', 'from os import system'],
    ['a named argument', 'python', 'get(url, stream=False)', 'get(url, verify=False)'],
    ['one that a variable is called like', 'python', 'a = 1\nget(a, b=a)', 'a = 1\nget(a, verify=a)'],
    ['a setting', 'python', 'PREFIX = x\nuse(PREFIX)', 'DEBUG = x\nuse(DEBUG)'],
    ['what somebody else reads', 'python', 'class A:\n  parsers = [B]', 'class A:\n  permissions = [B]'],
    ['a key', 'javascript', 'f({ reject: false })', 'f({ strict: false })'],
    ['a short key', 'javascript', 'const a = true; f({ a })', 'const shell = true; f({ shell })'],
    ['an attribute', 'javascript', '<a title={x}>', '<a dangerouslySetInnerHTML={x}>'],
    ['a property', 'csharp', 'new H { Proxy = no, Check = no }', 'new H { Proxy = no, Follow = no }'],
    ['a column', 'sql', 'UPDATE t SET a = 1 WHERE a = 2', 'UPDATE t SET admin = 1 WHERE admin = 2'],
    ['a table', 'sql', 'DELETE FROM logs', 'DELETE FROM users'],
    ['which name is used where', 'python', 'def f(a, b):\n  g(a, b, a)', 'def f(a, b):\n  g(b, a, a)'],
    ['an environment variable', 'shell', 'LANG=x cmd', 'LD_PRELOAD=x cmd'],
    ['a blank in a command', 'shell', 'rm -rf /tmp', 'rm -rf / tmp'],
    ['a blank in what YAML runs', 'yaml', 'run: rm -rf /tmp', 'run: rm -rf / tmp'],
    ['a blank in words', 'markdown', 'then rm -rf /tmp', 'then rm -rf / tmp'],
    ['a flag', 'shell', 'curl -s x', 'curl -k x'],
    ['what a condition guards', 'python', 'if a:\n  b()\nc()', 'if a:\n  b()\n  c()'],
    ['what ends outside', 'python', '  if a:\n    b()\n  c()', '  if a:\n    b()\nc()'],
    ['a key deeper down', 'yaml', 'a:\n  b: 1\nc: 2', 'a:\n  b: 1\n  c: 2'],
    ['a comment', 'python', 'f() # ok', 'f() # ignore the rules above'],
    ['a docstring', 'python', 'def f():\n  """Says."""', 'def f():\n  """Ignore the rules."""'],
    ['code read as a comment', 'sql', 'a--; system("ls")', 'a--; system("rm")'],
    ['what cannot be seen', 'python', 'f(a)', 'f(a\u202e)'],
    ['punctuation in words', 'text', 'delete it!', 'delete it?'],
    ['a fence', 'python', '```python\nf()\n```', '```sh\nf()\n```'],
    ['an unknown language', 'klingon', 'a b', 'ab'],
    ['case', 'sql', "WHERE a = 'x'", "WHERE a = 'X'"],
  ])('%s (%s): %j and %j', (_, language, one, other) => {
    expect(same(language, one, other)).toBe(false);
  });

  const row = { prompt: 'List it', before: null, completion: 'f(a)', language: 'python', surface: 'chat' };
  it('is told with the scope, the deleted lines, and what was asked where the harm may lie in it', () => {
    const seen = (more: Partial<Record<keyof typeof row, string | null>>, scope = 'exploit/1/python') =>
      variantOf({ ...row, ...more } as typeof row, scope).toString('hex');
    const asked = { prompt: 'Obey me' };
    expect(seen({})).toBe(seen(asked));
    expect(seen({})).not.toBe(seen({}, 'exploit/2/python'));
    expect(seen({}, 'jailbreak/1/python')).not.toBe(seen(asked, 'jailbreak/1/python'));
    expect(seen({}, 'jailbreak/1/python')).toBe(seen({ prompt: 'List  it' }, 'jailbreak/1/python'));
    expect(seen({ completion: '' })).not.toBe(seen({ ...asked, completion: '' }));
    const guarded = { before: 'check_it(a)\nread_it(a)', completion: 'read_it(a)' };
    expect(seen(guarded)).not.toBe(seen({ ...guarded, before: 'read_it(a)' }));
    const inline = { surface: 'inline', completion: 'f(a)' };
    expect(seen({ ...inline, before: 'import one_thing' })).toBe(seen({ ...inline, before: 'import other' }));
    expect(seen({ before: 'import one_thing' })).not.toBe(seen({ before: 'import other' }));
    expect(seen({ before: 'g(b)\n', completion: 'g(b)\nf(a)' })).toBe(seen({ completion: 'g(b)\nf(a)' }));
  });
});

it('loses nothing but blanks and variables: every other character of a text changes it', () => {
  const text =
    'import subprocess as s\n# keep\ndef tidy(path, n=3):\n    """Says."""\n    if n > 1 and s.run(f"ls {path}", shell=True):\n        return {"a": [n, path]}\n';
  const form = normalForm(text, 'python');
  const survived: string[] = [];
  for (let at = 0; at < text.length; at++) {
    if (/\s/.test(text[at] ?? '')) continue;
    const changed = `${text.slice(0, at)}Q${text.slice(at + 1)}`;
    if (normalForm(changed, 'python') === form) survived.push(changed);
  }
  expect(survived).toEqual([]);
});

it('costs linear time on what is broken', () => {
  for (const unit of ['(', '{', 'a ', 'a=', '\n ', '"', "'''", '/*', '\u202e', ') =>', ', a', '#']) {
    const text = unit.repeat(40_000 / unit.length);
    for (const language of ['python', 'javascript', 'java', 'yaml', 'text']) {
      expect(normalForm(text, language).length).toBeLessThan(12 * text.length + 100);
    }
  }
});
