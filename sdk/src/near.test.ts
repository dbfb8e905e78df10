import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { Subject, subjectMatcher } from './match.ts';
import { mayMatchNear } from './near.ts';
import { compileRule } from './rule-cache.ts';
import { makeRule } from './testing/rules.ts';

const filler = 'x '.repeat(500);

describe('patterns beside their strings', () => {
  const patterns = [
    '^needle',
    'needle$',
    '\\bneedle\\b',
    '(?m)^needle.{0,9}end$',
    'a{0,9}needle[^x]',
    '(?i)NEEDLE.',
  ];
  const texts = [
    'needle',
    'xneedle',
    'needlex',
    'aaaaaaaaaneedle😀',
    '\nneedle 😀 end\n',
    'needle\nend',
    '😀needle😀',
  ];
  for (const pattern of patterns) {
    it(`${pattern} is judged as over the whole text`, () => {
      const matcher = { kind: 're2', pattern, ignoreCase: false } as const;
      const find = subjectMatcher(matcher);
      const { test } = compileRule(makeRule({ matcher }));
      for (const middle of texts) {
        for (const text of [
          middle + filler,
          filler + middle,
          filler + middle + filler,
          middle + filler + middle,
        ]) {
          expect(test(new Subject(text), 0), text).toBe(find(new Subject(text), 1).length > 0);
        }
      }
    });
  }

  it('reads around the strings, and never more than the text', () => {
    const re = RE2JS.compile('needle[0-9]');
    const read = (text: string) => {
      let units = 0;
      const near = mayMatchNear(text, text, ['needle'], 7, (part) => {
        units += part.length;
        return re.test(part);
      });
      return { near, units };
    };
    expect(read(`${filler}needle${filler}`)).toEqual({ near: false, units: 12 });
    expect(read(`${filler}needle1${filler}`).near).toBe(true);
    const crowded = 'needle'.repeat(1_000);
    expect(read(crowded).near).toBe(true);
    expect(read(crowded).units).toBeLessThanOrEqual(crowded.length);
  });
});
