import { describe, expect, test } from 'vitest';
import { textMatcher } from '../match.ts';
import { INSTALLS } from './corpus/installs.ts';
import { type Spelling, unmarked } from './corpus/spelling.ts';

const CORPUS: readonly (readonly [string, readonly Spelling[]])[] = [['installs', INSTALLS]];
const ALL = CORPUS.flatMap(([, spellings]) => spellings);

const hits = (name: string, text: string, language: string | null) =>
  textMatcher({ kind: 'imports', packages: [name] })(text, language).map(({ start, end }) =>
    text.slice(start, end),
  );

describe.each(CORPUS)('%s', (_, spellings) => {
  test.each(spellings)('%s, %s: %s in %j', (_ecosystem, language, name, marked) => {
    const { text, covered } = unmarked(marked);
    const found = hits(name, text, language);
    expect(found).toEqual(covered === null ? [] : [covered]);
  });
});

test('leaving the language out hides nothing', () => {
  for (const [, , name, marked] of ALL) {
    const { text, covered } = unmarked(marked);
    if (covered !== null)
      expect([text, hits(name, text, null)]).toEqual([text, expect.arrayContaining([covered])]);
  }
});
