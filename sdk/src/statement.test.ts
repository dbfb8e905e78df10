import { expect, test } from 'vitest';
import { lineHold, statementHold } from './statement.ts';

/** What of a line would be held back, as it is written character by character. */
function held(line: string): string {
  let hold = 0;
  for (let end = 1; end <= line.length; end++) hold = lineHold(line.slice(0, end), hold);
  return line.slice(hold);
}

test.each([
  ['Prose goes on its way, whatever it is about, and so does x = y + 1;', ''],
  ['Words such as go, use and from say nothing in the middle of ', ''],
  ['You should go ahead and take it from here ', ''],
  ['import', 'import'],
  ['imp', 'imp'],
  ['impossible ', ''],
  ['important', ''],
  ['  import os', 'import os'],
  ['x = 1; import os', 'import os'],
  ['>>> from a.b ', 'from a.b '],
  ['const a = require( "x" ) ', 'require( "x" ) '],
  ['const a = required(', ''],
  ['} from "a', 'from "a'],
  ['run pip install x --and y', 'pip install x --and y'],
  ['run pip3.11 --quiet inst', 'pip3.11 --quiet inst'],
  ['pip is a tool ', ''],
  ['["npm", "install", "x', 'npm", "install", "x'],
  ['pub(crate) use serde', 'use serde'],
  ['global using X', 'using X'],
  ['extern cra', 'extern cra'],
  ['/// <reference ty', 'reference ty'],
])('of %j it is %j that waits', (line, waits) => {
  expect(held(line)).toBe(waits);
});

test('a line end closes what does not go on behind it', () => {
  const hold = (text: string) => text.slice(statementHold(text));
  expect(hold('import os\n')).toBe('');
  expect(hold('a\nfrom x import (\n  b,\n')).toBe('from x import (\n  b,\n');
  expect(hold('a\nfrom x import (\n  b)\n')).toBe('');
  expect(hold('import (\n\t"fmt"\n')).toBe('import (\n\t"fmt"\n');
  expect(hold('use {a,\n')).toBe('use {a,\n');
  expect(hold('x\npip install \\\n  a \\\r\n')).toBe('pip install \\\n  a \\\r\n');
  expect(hold('const x = require(\n')).toBe('const x = require(\n');
  expect(hold(`import (\n${'x\n'.repeat(2_100)}`)).toBe('');
});

test('hostile lines cost no more than their length', () => {
  for (const part of [
    'import ',
    'from ',
    'pip -a ',
    '; ',
    '    ',
    'use{',
    'reference ',
    'require.',
    "'",
    '\t>>> ',
  ]) {
    const line = part.repeat(20_000 / part.length);
    expect(lineHold(line)).toBeLessThanOrEqual(line.length);
    expect(statementHold(`${line}\n`)).toBeLessThanOrEqual(line.length + 1);
  }
});
