import { describe, expect, test } from 'vitest';
import { compileRules, findHits } from '../engine.ts';
import { textMatcher } from '../match.ts';
import type { Rule } from '../rule.ts';
import { cutUp, judgePieces, random } from '../testing/chunks.ts';
import { ruleFor } from '../testing/rules.ts';
import { ARGUMENTS } from './corpus/arguments.ts';
import { COORDINATES } from './corpus/coordinates.ts';
import { HARMLESS } from './corpus/harmless.ts';
import { IMPORTS } from './corpus/imports.ts';
import { INSTALLS } from './corpus/installs.ts';
import { MANIFESTS } from './corpus/manifests.ts';
import { type Spelling, unmarked } from './corpus/spelling.ts';
import { ECOSYSTEMS } from './ecosystems.ts';

const CORPUS: readonly (readonly [string, readonly Spelling[]])[] = [
  ['imports', IMPORTS],
  ['coordinates', COORDINATES],
  ['installs', INSTALLS],
  ['arguments', ARGUMENTS],
  ['what is harmless', HARMLESS],
  ['manifests', MANIFESTS],
];
const ALL = CORPUS.flatMap(([, spellings]) => spellings);

const hits = (name: string, text: string, language: string | null) =>
  textMatcher({ kind: 'imports', packages: [name] })(text, language).map(({ start, end }) =>
    text.slice(start, end),
  );

describe.each(CORPUS)('%s', (_, spellings) => {
  test.each(spellings)('%s, %s: %s in %j', (_ecosystem, language, name, marked) => {
    const { text, covered } = unmarked(marked);
    expect(hits(name, text, language)).toEqual(covered === null ? [] : [covered]);
  });
});

test('every ecosystem has spellings that are hit and spellings that are not', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(300);
  for (const isHit of [true, false]) {
    const with_ = new Set(ALL.filter(([, , , marked]) => marked.includes('«') === isHit).map(([one]) => one));
    // conda and PyPI are read by the same rules; what is not hit is written once.
    expect(ECOSYSTEMS.filter((one) => !with_.has(one))).toEqual(isHit ? [] : ['conda']);
  }
});

test('the engine, which reads a text only where a listed name is in it, decides the same', () => {
  const rules = ALL.map(([, , name]) => ruleFor({ kind: 'imports', packages: [name] }, 'x', {}));
  const now = new Date();
  for (const [index, [, language, name, marked]] of ALL.entries()) {
    const { text, covered } = unmarked(marked);
    const rule = rules[index] as Rule;
    const found = findHits(compileRules([rule]), { completion: text, language }, now);
    expect(found.length, `${name} in ${text}`).toBe(covered === null ? 0 : 1);
  }
  const together = compileRules(rules);
  for (const [index, [, language, , marked]] of ALL.entries()) {
    const { text, covered } = unmarked(marked);
    const found = findHits(together, { completion: text, language }, now).map(({ id }) => id);
    expect(found.includes((rules[index] as Rule).id), text).toBe(covered !== null);
  }
});

test('leaving the language out hides nothing', () => {
  for (const [, , name, marked] of ALL) {
    const { text, covered } = unmarked(marked);
    if (covered !== null) expect(hits(name, text, null), text).toContain(covered);
  }
});

test('however a spelling is cut, a stream removes what is removed from the whole of it', () => {
  for (const [index, [, language, name, marked]] of ALL.entries()) {
    const { text, covered, start } = unmarked(marked);
    const rule = ruleFor({ kind: 'imports', packages: [name] }, 'x', { action: 'redact' });
    const next = random(index + 1);
    const expected =
      covered === null
        ? text
        : `${text.slice(0, start)}[removed by ${rule.ref}]${text.slice(start + covered.length)}`;
    for (const pieces of [[text], text.split(''), cutUp(text, next, 3), cutUp(text, next, 20)]) {
      const { text: out, errors } = judgePieces([rule], pieces, { context: { language } });
      expect([out, errors], `${language}: ${JSON.stringify(text)} in ${pieces.length}`).toEqual([
        expected,
        [],
      ]);
    }
  }
});
