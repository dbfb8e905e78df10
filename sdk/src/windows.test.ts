import { describe, expect, it, test } from 'vitest';
import { compileRules, findHits } from './engine.ts';
import { Subject, subjectMatcher } from './match.ts';
import { readProgram } from './program.ts';
import { reachOf } from './reach.ts';
import { ruleMatcherSchema } from './rule.ts';
import { pick, type Random, randomFrom } from './testing/patterns.ts';
import { makeRule } from './testing/rules.ts';
import { createThreads } from './threads.ts';
import { Stretches, startsNear } from './windows.ts';

const now = new Date();
const re2 = (pattern: string) => ruleMatcherSchema.parse({ kind: 're2', pattern });
const reach = (pattern: string) => {
  const program = readProgram(pattern, false);
  return program && reachOf(program);
};

describe('how far a match can go', () => {
  it('is the longest way where there are no loops', () => {
    expect(reach('ab{2,4}c?')).toEqual({ most: 6, loops: null, before: null });
    expect(reach('(?:abc|d).')).toEqual({ most: 5, loops: null, before: null });
  });

  it('does not count what loops may read, and says what that is', () => {
    const spaces = reach('needle\\s*\\(');
    expect(spaces?.most).toBe(7);
    expect(spaces?.loops?.[0x20]).toBe(1);
    expect(spaces?.loops?.[0x41]).toBe(0);
    expect(reach('(?i)needle[k]+')?.loops?.[0x80]).toBe(1);
    expect(reach('(?:ab*c)+d')).toMatchObject({ most: 1 });
  });

  it('is not known where loops may read anything', () => {
    expect(reach('needle[\\s\\S]*end')).toBeNull();
    expect(reach('needle.*end')?.loops?.[0x0a]).toBe(0);
  });
});

it('a match that begins with its string begins there', () => {
  const before = (pattern: string, strings: string[]) => {
    const program = readProgram(pattern, false);
    return program && reachOf(program, strings)?.before;
  };
  expect(before('\\bneedle[\\s\\S]*', ['needle'])).toBe(6);
  expect(before('(?i)(?:needle|thread[0-9])', ['needle', 'thread'])).toBe(6);
  expect(before('a?needle', ['needle'])).toBeNull();
  expect(before('needle|thread', ['needle'])).toBeNull();
  expect(before('\\s*needle', ['needle'])).toBeNull();
});

const PATTERNS = [
  '^needle',
  'needle$',
  '\\bneedle\\b',
  '\\Bneedle\\B',
  '(?m)^needle.{0,9}end$',
  'a{0,9}needle[^x]',
  '(?i)NEEDLE.',
  'needle\\s*\\(',
  '(?m)^\\s*(?:from|import)\\s+needle\\b',
  'needle.*end',
  'end.*needle$',
  'needle[\\s\\S]{0,200}?end',
  '(?:needle|thread)\\s*=\\s*["\'][^"\'\\n]{4,60}["\']',
  '[^ ]+needle[^ ]+',
  '\\x{1F600}needle',
  'needle\\x{1F600}*\\z',
  '(?:needle )+end',
  'needle[\\s\\S]*end',
  '(?i)(?:needle|thread|end)\\b.*"',
  '\\Aneedle',
  'needle.*\\bend',
  '(?s)needle.*thread',
  'needle[^)]*end[^x]',
  'needle.+?(?:end|thread)=',
  '\\s{0,5}needle.*end\\(',
  '(?i)needle\\s+import.*END',
  'needle[a-z ]*end',
  '(?:needle.*end|thread)\\b',
  '(?:needle.*end)+\\(',
  'needle.*end.*thread',
  'needle.*thread[0-9]',
  '(?s)[^x]+needle.*end.*thread$',
  'needle(?:.*end){2}x',
  '[a-z]*needle.*end',
  '[^\\n]+?thread',
  '(?:x*)needle',
  '(?:(?:a|x)*)end.*thread',
  'x*\\bneedle.*end',
];
const PIECES = [
  'needle',
  'NEEDLE',
  'thread',
  ' ',
  '   ',
  '\n',
  'end',
  '(',
  '=',
  '"value"',
  'import ',
  '😀',
  'x',
  'aaa',
  'ß',
  '\ud83d',
];

function randomLong(random: Random): string {
  let text = '';
  const filler = pick(random, ['x ', 'lorem ipsum\n', ' ', 'aaaa', '😀', 'needle ', 'needlex']);
  for (let part = 0; part < 4; part++) {
    text += filler.repeat(Math.floor(random() * 120));
    for (let count = Math.floor(random() * 6); count > 0; count--) text += pick(random, PIECES);
  }
  return text;
}

describe('property: beside its strings a pattern is judged as over the whole text', () => {
  test.each([1, 2, 3])('seed %i', (seed) => {
    const random = randomFrom(seed);
    const rules = PATTERNS.map((pattern) => makeRule({ matcher: re2(pattern), action: 'flag' }));
    // One by one: together they could ask for more work than a decision may do.
    const compiled = rules.map((rule) => compileRules([rule]));
    const finders = rules.map(({ matcher }) => subjectMatcher(matcher));
    let hits = 0;
    for (let count = 0; count < 700; count++) {
      const completion = randomLong(random);
      const expected = rules.filter((_, at) => finders[at]?.(new Subject(completion), 1).length);
      const found = compiled.flatMap((one) => findHits(one, { completion }, now, { bare: true }));
      hits += found.length;
      if (found.map(({ id }) => id).join() === expected.map(({ id }) => id).join()) continue;
      const pattern = ({ matcher }: (typeof rules)[number]) =>
        matcher.kind === 're2' ? matcher.pattern : '';
      const of = new Set(found.map(({ id }) => id));
      expect(rules.filter(({ id }) => of.has(id)).map(pattern), JSON.stringify(completion)).toEqual(
        expected.map(pattern),
      );
    }
    expect(hits).toBeGreaterThan(1_000);
  });
});

describe('what is read', () => {
  const read = (text: string, pattern: string, seen: number[]) => {
    const program = readProgram(pattern, false);
    if (!program) throw new Error('no program');
    const work = { units: 0, most: Number.POSITIVE_INFINITY };
    const starts = startsNear(new Stretches(text), seen, reachOf(program), work);
    expect(createThreads(program).run(text, starts, work)).toBe(false);
    return { starts: starts.length / 2, units: work.units };
  };
  const far = 'x '.repeat(50_000);

  it('is what lies around the strings, however long the text', () => {
    const { starts, units } = read(`${far}needle${far}needle[${far}`, 'needle\\s*\\(', [100_005, 200_011]);
    expect(starts).toBe(2);
    expect(units).toBeLessThan(100);
  });

  const costs = (pattern: string, text: string) => {
    const program = readProgram(pattern, false);
    if (!program) throw new Error('no program');
    const subject = new Subject(text);
    const work = { units: 0, most: Number.POSITIVE_INFINITY };
    const ahead = { folded: () => subject.folded, seen: () => null, stretches: subject.stretches };
    expect(createThreads(program).run(text, [0, text.length - 1], work, ahead)).toBe(false);
    return work.units;
  };

  it.each(['needle.*thread', 'needle.*\\bthread[0-9]', '(?s)needle.+thread\\(', 'needle[^(\\n]*thread\\('])(
    'is next to nothing of a line on which %s stays open',
    (pattern) => {
      const line = 'x '.repeat(100_000);
      expect(costs(pattern, `needle ${line}`)).toBeLessThan(line.length / 20);
      expect(costs(pattern, `needle ${line} thread`.replace(/thread$/, 'threa'))).toBeLessThan(
        line.length / 20,
      );
    },
  );

  it.each([
    ['in order', (names: string[], line: string) => [...names, line, ...names.map((name) => `end_${name}`)]],
    [
      'the other way round',
      (names: string[], line: string) => [...names.map((name) => `end_${name}`), line, ...names],
    ],
    [
      'at the end',
      (names: string[], line: string) => [line, ...names, ...names.map((name) => `end_${name}`)],
    ],
    [
      'in turns',
      (names: string[], line: string) => [
        ...names.map((name) => `${name} ${line.slice(0, line.length / 100)} end_${name}`),
      ],
    ],
  ])('is of many patterns on one line what lies around their strings: %s', (_, lay) => {
    const names = Array.from({ length: 100 }, (_, at) => `name_${at}_x`);
    for (const gap of ['.*\\b', '[^\\n]*', '(?: |[a-w])*[^\\n]+']) {
      const rules = names.map((name) =>
        makeRule({ matcher: re2(`${name}${gap}end_${name}[0-9]`), action: 'flag' }),
      );
      const { rules: compiled, sweep } = compileRules(rules);
      const units = (length: number) => {
        const subject = new Subject(lay(names, 'a, '.repeat(length / 3)).join(' '));
        const work = { units: 0, most: Number.POSITIVE_INFINITY };
        const found = new Set<number>();
        const sightings = sweep.run(
          subject,
          new Set(['strings'] as const),
          () => true,
          (place) => found.add(place),
        );
        expect(found.size).toBe(names.length);
        for (const place of found)
          expect(compiled[place]?.test(subject, (list) => sightings.of(place, list), work)).toBe(false);
        return work.units;
      };
      expect(units(300_000), gap).toBeLessThan(300_000);
    }
  });

  it('is the same for a character however many ways are open', () => {
    const text = `evil${'ab'.repeat(4_000)}`;
    expect(costs('evil[ab]*a[ab]{60}c', text)).toBeLessThan(4 * text.length);
    expect(costs('evil[ab]*a[ab]{900}c', text)).toBeLessThan(10 * text.length);
  });

  it('is never more than the text for each way through the pattern, however many strings there are', () => {
    const crowded = 'needle'.repeat(5_000);
    const seen = Array.from({ length: Math.floor(crowded.length / 64) }, (_, at) => at * 64 + 5);
    const { starts, units } = read(crowded, 'needle[^\\n]*end', seen);
    expect(starts).toBe(1);
    expect(units).toBeLessThan(6 * crowded.length);
  });
});

test('what waits in a loop is passed over, and every match is found', () => {
  const random = randomFrom(5);
  let [hits, less] = [0, 0];
  for (const pattern of PATTERNS) {
    const program = readProgram(pattern, false);
    if (!program) throw new Error('no program');
    const threads = createThreads(program);
    const finder = subjectMatcher(re2(pattern));
    for (let count = 0; count < 60; count++) {
      const subject = new Subject(`${randomLong(random)}${randomLong(random)}${pick(random, PIECES)}`);
      const { text } = subject;
      const starts = [0, text.length - 1];
      const run = (isAhead: boolean) => {
        const work = { units: 0, most: Number.POSITIVE_INFINITY };
        const ahead = { folded: () => subject.folded, seen: () => null, stretches: subject.stretches };
        return { matches: threads.run(text, starts, work, isAhead ? ahead : undefined), units: work.units };
      };
      const ahead = run(true);
      const all = run(false);
      expect(ahead.matches, JSON.stringify([pattern, text])).toBe(finder(subject, 1).length > 0);
      expect(all.matches).toBe(ahead.matches);
      if (ahead.matches) hits++;
      if (ahead.units < all.units / 2) less++;
    }
  }
  expect(hits).toBeGreaterThan(300);
  expect(less).toBeGreaterThan(100);
});

test('what a pattern has met before changes neither its answer nor its work', () => {
  const random = randomFrom(9);
  for (const pattern of [...PATTERNS, '(?:[a-z]+ )*[0-9]', 'needle[^(]*a[^(]{12}x', '(?:.*.*.*)=end']) {
    const program = readProgram(pattern, false);
    if (!program) throw new Error('no program');
    const warm = createThreads(program);
    for (let count = 0; count < 40; count++) {
      const text = `${randomLong(random)}${randomLong(random)}`;
      const starts = [0, text.length - 1];
      const told = [warm, createThreads(program), warm].map((threads) => {
        const work = { units: 0, most: Number.POSITIVE_INFINITY };
        return { matches: threads.run(text, starts, work), units: work.units };
      });
      expect(told[1], JSON.stringify([pattern, text])).toEqual(told[0]);
      expect(told[2]).toEqual(told[0]);
      const spans = subjectMatcher(re2(pattern))(new Subject(text), 1);
      expect(told[0]?.matches, JSON.stringify([pattern, text])).toBe(spans.length > 0);
    }
  }
});
