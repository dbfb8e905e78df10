import { expect, test } from 'vitest';
import { compileRules, findHits } from '../engine.ts';
import { textMatcher } from '../match.ts';
import { judgePieces } from '../testing/chunks.ts';
import { ruleFor } from '../testing/rules.ts';
import { FILLERS, INVISIBLE, MARKS, WHITE_SPACE } from '../text/characters.ts';

// A character that hides, or is a blank, around the words of an import or a command: a stream says what the whole says.

const CHARACTERS = [
  ...WHITE_SPACE.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
  ...[...FILLERS, ...INVISIBLE, ...MARKS].map(([first]) => first),
].map((point) => String.fromCodePoint(point));

const inLanguage = (language: string | null, name: string, ...texts: string[]) =>
  texts.map((text) => ({ language, name, text }));

/** `_` is where the character stands. */
const TEXTS = [
  ...inLanguage('python', 'lampkite', '_import lampkite', 'import_lampkite', 'import lampkite_'),
  ...inLanguage(
    'python',
    'lampkite',
    'import lampkite_as l',
    'x = 1\n_import lampkite\ny',
    'import os,_lampkite',
  ),
  ...inLanguage('python', 'lampkite', 'from_lampkite import x', 'from lampkite_import x', '_lampkite==1.0\n'),
  ...inLanguage('python', 'kite.reel', 'import kite_.reel', 'import kite._reel', 'from kite_import reel'),
  ...inLanguage('javascript', 'lampkite', "_import x from 'lampkite'", "import x from_'lampkite'"),
  ...inLanguage(
    'javascript',
    'lampkite',
    "require_('lampkite')",
    "require('lampkite_')",
    "require('_lampkite')",
  ),
  ...inLanguage(
    'javascript',
    '@acme/kite',
    "require('@acme_/kite')",
    "import_'@acme/kite'",
    "_import '@acme/kite'",
  ),
  ...inLanguage('bash', 'lampkite', '_pip install lampkite', 'pip_install lampkite', 'pip install_lampkite'),
  ...inLanguage(
    'bash',
    'lampkite',
    'pip install lampkite_',
    'npm i a_lampkite',
    'npm i lampkite_b',
    '$_npm i lampkite',
  ),
  ...inLanguage(
    'bash',
    'lampkite',
    'x\n_npm i lampkite\ny',
    'npm i lampkite_',
    'cargo add lampkite_',
    'gem install_lampkite',
  ),
  ...inLanguage('rust', 'lampkite', 'use_lampkite::x;', 'use lampkite_::x;'),
  ...inLanguage('go', 'example.org/kite', 'import_"example.org/kite"', '_import "example.org/kite"'),
  ...inLanguage('java', 'org.kite:reel', 'import_org.kite.reel.X;', '_import org.kite.reel.X;'),
  ...inLanguage('ruby', 'lampkite', "require_'lampkite'", "_require 'lampkite'", "gem_'lampkite'"),
];

test.each(['imported', 'mentioned'] as const)('%s: whole and in every cut', (find) => {
  const differing: string[] = [];
  for (const { language, name, text: template } of TEXTS) {
    const matcher = { kind: 'imports' as const, find, packages: [name] };
    const matches = textMatcher(matcher);
    const rule = ruleFor(matcher, 'x', { action: 'flag' });
    const compiled = compileRules([rule]);
    for (const given of [language, null]) {
      for (const character of CHARACTERS) {
        const text = template.replaceAll('_', character);
        const isHit = [
          matches(text, given).length > 0,
          findHits(compiled, { completion: text, language: given }, new Date()).length > 0,
          ...[[text], [...text], [text.slice(0, 7), text.slice(7)]].map(
            (pieces) =>
              judgePieces([rule], pieces, { context: { language: given } }).decision.rules.length > 0,
          ),
        ];
        if (new Set(isHit).size === 1) continue;
        const told = `U+${character.codePointAt(0)?.toString(16)}`;
        differing.push(`${given}: ${template} with ${told}: reader, engine, streams ${isHit}`);
      }
    }
  }
  expect(differing).toEqual([]);
});
