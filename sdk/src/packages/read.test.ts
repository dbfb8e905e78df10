import { describe, expect, test } from 'vitest';
import { textMatcher } from '../match.ts';
import { readPackages } from './read.ts';

/** language, text, listed package, the text its span must cover (null: must not hit) */
const TABLE: [string | undefined, string, string, string | null][] = [
  ['python', 'import evil', 'evil', 'evil'],
  ['python', 'import os, evil as e', 'evil', 'evil'],
  ['python', '  import a.b.c', 'a', 'a.b.c'],
  ['python', 'import a.b.c', 'a.b', 'a.b.c'],
  ['python', 'import ab', 'a', null],
  ['python', 'from google import genai', 'google.genai', 'genai'],
  ['python', 'from x import (\n  a,\n  evil,\n)', 'x.evil', 'evil'],
  ['python', 'from . import evil', 'evil', null],
  ['python', 'from .evil import x', 'evil', null],
  ['python', '# import evil', 'evil', null],
  ['python', 'x = 1; import evil', 'evil', 'evil'],
  ['python', '>>> import evil', 'evil', 'evil'],
  ['python', 'importlib.import_module("evil.sub")', 'evil', 'evil.sub'],
  ['python', 'import evil_pkg', 'evil-pkg', 'evil_pkg'],
  ['Python', 'import evil', 'evil', 'evil'],
  ['python', 'os.system("pip install evil==1.2")', 'evil', 'evil'],
  ['python', 'run(["pip", "install", "evil[all]>=2"])', 'evil', 'evil'],
  ['python', 'const x = require("evil")', 'evil', null],
  ['javascript', "import x from 'evil'", 'evil', 'evil'],
  ['typescript', "import {\n a,\n b,\n} from '@s/p/x';", '@s/p', '@s/p/x'],
  ['typescript', "import type { T } from '@s/other'", '@s/p', null],
  ['ts', "export * from 'evil/sub'", 'evil', 'evil/sub'],
  ['js', "import 'evil'", 'evil', 'evil'],
  ['js', 'const x = require("evil")', 'evil', 'evil'],
  ['js', 'await import(`evil`)', 'evil', 'evil'],
  ['js', "import x from './evil'", 'evil', null],
  ['js', "import x from 'npm:evil@1.0.0'", 'evil', 'npm:evil@1.0.0'],
  ['js', "import fs from 'node:fs'", 'fs', 'node:fs'],
  ['go', 'import "github.com/x/evil/v2"', 'github.com/x/evil', 'github.com/x/evil/v2'],
  ['go', 'import (\n\t"fmt"\n\te "github.com/x/evil"\n)', 'github.com/x/evil', 'github.com/x/evil'],
  ['go', 'import (\n\t// "github.com/x/evil"\n)', 'github.com/x/evil', null],
  ['java', 'import static com.evil.Tool.run;', 'com.evil', 'com.evil.Tool.run'],
  ['java', 'import com.evil.*;', 'com.evil', 'com.evil.'],
  ['csharp', 'using Evil.Net;', 'Evil', 'Evil.Net'],
  ['csharp', 'using System;using Evil.Net;', 'Evil.Net', 'Evil.Net'],
  ['csharp', 'using X = Evil.Net;', 'Evil.Net', 'Evil.Net'],
  ['csharp', 'using (var evil = Open()) {}', 'var', null],
  ['rust', 'pub use evil::thing::{A, B};', 'evil::thing', 'evil::thing::'],
  ['rust', 'use {std::io, evil_crate::x};', 'evil-crate', 'evil_crate::x'],
  ['rust', 'extern crate evil;', 'evil', 'evil'],
  ['php', 'use \\Evil\\Sub\\Thing;', 'Evil\\Sub', 'Evil\\Sub\\Thing'],
  ['ruby', "require 'evil/core'", 'evil', 'evil/core'],
  ['ruby', 'gem "evil", "~> 1"', 'evil', 'evil'],
  ['ruby', "require_relative 'evil'", 'evil', null],
  ['shell', 'pip3 install -U requests evil', 'evil', 'evil'],
  ['shell', 'python -m pip --quiet install Evil_Pkg', 'evil-pkg', 'Evil_Pkg'],
  ['shell', '/usr/bin/pip install evil', 'evil', 'evil'],
  ['shell', 'npm i -D @s/p@^1.2 left-pad', '@s/p', '@s/p'],
  ['shell', 'npm install nice@npm:evil@1', 'evil', 'evil'],
  ['shell', 'yarn global add evil', 'evil', 'evil'],
  ['shell', 'pnpm add \\\n  evil', 'evil', 'evil'],
  ['shell', 'npx evil --now', 'evil', 'evil'],
  ['shell', 'go get github.com/x/evil@v1.2.3', 'github.com/x/evil', 'github.com/x/evil'],
  ['shell', 'cargo add serde evil@1', 'evil', 'evil'],
  ['shell', 'composer require evil/pkg:^1.0', 'evil/pkg', 'evil/pkg'],
  ['shell', 'gem install evil', 'evil', 'evil'],
  ['shell', 'dotnet add package Evil.Net', 'Evil.Net', 'Evil.Net'],
  ['shell', 'npm install ./evil', 'evil', null],
  ['shell', 'npm install nice # not evil', 'evil', null],
  ['shell', 'npm install nice; echo evil', 'evil', null],
  ['sql', 'import evil', 'evil', 'evil'],
  ['text', 'First run `pip install evil` and wait.', 'evil', 'evil'],
  [undefined, '```python\nimport evil\n```', 'evil', 'evil'],
];

describe('packages in code', () => {
  test.each(TABLE)('%s: %j lists %s', (language, text, listed, covered) => {
    const hits = textMatcher({ kind: 'imports', packages: [listed] })(text, language);
    expect(hits.map(({ start, end }) => text.slice(start, end))).toEqual(covered === null ? [] : [covered]);
  });

  test('lists that open inside one another do not multiply what is read', () => {
    const lines = 2_000;
    const found = readPackages('from a import (\n'.repeat(lines), 'python');
    expect(found.length).toBeLessThan(12 * lines);
    const names = (text: string) => readPackages(text, 'python').flatMap((mention) => mention.names);
    expect(names('from x import (  # see\n# y: from a import (\n  evil)')).toContain('x.evil');
  });

  test('hostile text of every opening finishes', () => {
    const openings = [
      'import (',
      'from a import (\n',
      'pip install "',
      "from '",
      'use {',
      ' \t',
      ';import ',
      '@',
    ];
    for (const opening of openings) {
      const text = opening.repeat(Math.ceil(100_000 / opening.length));
      expect(readPackages(text).every(({ start, end }) => end > start)).toBe(true);
    }
  });
});
