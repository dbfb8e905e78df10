import { describe, expect, test } from 'vitest';
import { textMatcher } from '../match.ts';
import { judgePieces } from '../testing/chunks.ts';
import { ruleFor } from '../testing/rules.ts';
import type { Ecosystem } from './ecosystems.ts';
import type { PackageMatcher } from './listed.ts';

/** An install that could give 5.6.1, and one that could not, of a name. */
const TABLE: readonly (readonly [Ecosystem, string, string, string])[] = [
  ['conda', 'kite', 'conda install kite=5.6', 'conda install kite=5.7'],
  ['conda', 'kite', 'conda install kite=5.6.1=py39_0', 'conda install kite=5.6.2=py39_0'],
  ['conda', 'kite', 'mamba install kite=5', 'mamba install kite==5.6'],
  ['pypi', 'kite', 'conda install kite=5.6', 'pip install kite==5.6'],
  ['pypi', 'kite', 'pip install kite~=5.6', 'pip install kite~=5.7'],
  ['pypi', 'kite', 'poetry add "kite (>=5.6,<5.7)"', 'poetry add "kite (>=5.7,<6)"'],
  ['maven', 'org.kite:reel', 'mvn dependency:get -Dartifact=org.kite:reel:5.6.+', 'x'],
  ['maven', 'org.kite:reel', "implementation 'org.kite:reel:5.+'", "implementation 'org.kite:reel:5.7.+'"],
  ['maven', 'org.kite:reel', "implementation 'org.kite:reel:+'", "implementation 'org.kite:reel:5.6'"],
  ['golang', 'example.org/kite', 'go get example.org/kite@v5', 'go get example.org/kite@v4'],
  ['golang', 'example.org/kite', 'go get example.org/kite@v5.6', 'go get example.org/kite@v5.6.2'],
  ['golang', 'example.org/kite', 'go get example.org/kite@latest', 'go get example.org/kite@v5.7'],
  ['composer', 'kite/reel', 'composer require kite/reel:5.6.x-dev', 'composer require kite/reel:5.7.x-dev'],
  ['composer', 'kite/reel', 'composer require kite/reel:dev-main', 'composer require kite/reel:5.6'],
  ['npm', 'kite', 'npm i kite@5', 'npm i kite@4'],
  ['npm', 'kite', 'npm i kite@latest', 'npm i kite@5.7'],
  ['npm', 'kite', 'npm i "kite@4 || 5"', 'npm i "kite@4 || 6"'],
  ['npm', 'kite', 'npm i "kite@>=5 <=5.6"', 'npm i "kite@>5.6 <6"'],
  ['cargo', 'kite', 'cargo add kite@5.6', 'cargo add kite@=5.7'],
  ['cargo', 'kite', 'cargo add "kite@>=5, <5.7"', 'cargo add "kite@>=5, <5.6"'],
  ['gem', 'kite', 'gem install "kite:~> 5.6"', 'gem install "kite:>= 5.7"'],
  ['nuget', 'Kite', 'dotnet add package Kite --version 5.*', 'dotnet add package Kite --version 4.*'],
];

describe.each(['imported', 'mentioned'] as const)('%s', (find) => {
  test.each(TABLE)('%s %s: %j could give 5.6.1, %j could not', (ecosystem, name, could, not) => {
    const packages = [{ name, ecosystem, versions: '5.6.1' }];
    const matcher: PackageMatcher = { kind: 'imports', packages, find };
    const rule = ruleFor(matcher, 'x', { action: 'block' });
    for (const [text, expected] of [
      [could, true],
      [not, false],
    ] as const) {
      expect(textMatcher(matcher)(text, 'shell').length > 0, text).toBe(expected);
      for (const pieces of [[text], text.split('')]) {
        const { text: out } = judgePieces([rule], pieces, { context: { language: 'shell' } });
        expect(out === text, `${text} in ${pieces.length}`).toBe(!expected);
      }
    }
  });
});
