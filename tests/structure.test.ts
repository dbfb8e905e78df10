import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MOVES } from '#lib/incidents/states';
import { QUEUE_STATES } from '#lib/interactions/schema';
import { TRANSITIONS } from '#lib/mitigations/states';
import { STAGES } from '#lib/reviews/schema';
import { outcomeOf, type Word } from '#lib/reviews/verdict';

const root = path.resolve(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const files = tracked
  .split('\n')
  .filter((file) => /\.(ts|tsx|mjs)$/.test(file) && existsSync(path.join(root, file)));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

const LINES = 400;
const BANNED = /(^|\/)(utils?|helpers?|services?|types|misc|common|index)(\.[a-z]+)?(\/|$)/;

test('no file is longer than the ceiling', () => {
  const long = files.filter((file) => read(file).split('\n').length - 1 > LINES);
  expect(long).toEqual([]);
});

test('files are kebab-case and none is a drawer or a barrel', () => {
  // The SDK's entry point is what its users import; Next.js names some files itself.
  const odd = files.filter((file) => file !== 'sdk/src/index.ts' && BANNED.test(file));
  const cased = files.filter((file) => !/^[a-z0-9.-]+\.(ts|tsx|mjs)$/.test(path.basename(file)));
  expect([...odd, ...cased]).toEqual([]);
});

test('lib has one folder per noun and no folders inside', () => {
  const deep = files.filter(
    (file) => file.startsWith('lib/') && !file.startsWith('lib/generated/') && file.split('/').length > 3,
  );
  expect(deep).toEqual([]);
});

test('schemas are safe for the browser', () => {
  const bad = files.filter(
    (file) =>
      /^lib\/[^/]+\/(schema|states)\.ts$/.test(file) &&
      /from '(#lib\/(db|env|auth)|node:|.*(queries|mutations))/.test(read(file)),
  );
  expect(bad).toEqual([]);
});

test('every server action has a name of its own, the one its function has', () => {
  const named = files
    .filter((file) => /from '#lib\/action'/.test(read(file)))
    .flatMap((file) =>
      [
        ...read(file).matchAll(
          /function (\w+)Action\([^)]*\) \{\s*return (?:action|publicAction)\(\s*([^,]+),/g,
        ),
      ].map(([, own, name]) => ({ own: `'${own}'`, name })),
    );
  expect(named.filter(({ own, name }) => own !== name)).toEqual([]);
  expect(new Set(named.map(({ name }) => name)).size).toBe(named.length);
  expect(named.length).toBeGreaterThan(50);
});

type Verb = { name: string; exported: boolean; text: string };

/** The top-level functions of a mutations file, each with the comment above it. */
function functions(file: string): Verb[] {
  const source = read(file);
  return [...source.matchAll(/^(export )?(?:async )?function (\w+)/gm)].map((head) => {
    const before = source.slice(0, head.index);
    const comment = before.slice(before.lastIndexOf('\n}\n') + 1);
    const text = comment + source.slice(head.index, source.indexOf('\n}\n', head.index));
    return { name: head[2] ?? '', exported: head[1] !== undefined, text };
  });
}

/** Whether the function, or one of the same file that it calls, matches. */
function reaches(verb: Verb, all: Verb[], pattern: RegExp, seen = new Set<string>()): boolean {
  if (pattern.test(verb.text)) return true;
  seen.add(verb.name);
  return all.some(
    (other) =>
      !seen.has(other.name) &&
      new RegExp(`\\b${other.name}\\(`).test(verb.text) &&
      reaches(other, all, pattern, seen),
  );
}

// A guard, not a proof: the four tests of each verb are the proof. A verb without one of the two says why
// in its doc comment with `no authorize:` or `no event:`.
const mutations = files.filter((file) => /^lib\/[^/]+\/mutations\.ts$/.test(file));
test.each(mutations)('every verb in %s authorizes and records an event', (file) => {
  const all = functions(file);
  const missing = all
    .filter((verb) => verb.exported)
    .flatMap((verb) => [
      ...(reaches(verb, all, /authorize\(|no authorize:/) ? [] : [`${verb.name} does not authorize`]),
      ...(reaches(verb, all, /recordEvent(s|On)?\(|recordRule\(|no event:/)
        ? []
        : [`${verb.name} records no event`]),
    ]);
  expect(missing).toEqual([]);
});

test('the documents name only files that exist', () => {
  const missing = ['README.md', 'ARCHITECTURE.md', 'AGENTS.md', 'CONTRIBUTING.md'].flatMap((document) =>
    [
      ...read(document).matchAll(
        /`((?:app|bench|bin|components|demo|docs|e2e|feed|lib|prisma|relay|sdk|sidecar|tests|worker)\/[\w./[\]()-]+)`/g,
      ),
    ]
      .map((match) => match[1] ?? '')
      .filter((file) => !existsSync(path.join(root, file)))
      .map((file) => `${document}: ${file}`),
  );
  expect(missing).toEqual([]);
});

test('ARCHITECTURE.md tells the states as the tables have them', () => {
  const text = read('ARCHITECTURE.md');
  const steps = MOVES.filter((move) => move.kind === 'step').filter(
    (move) => !text.includes(`| ${move.from} | ${move.to} |`),
  );
  const acts = Object.entries(TRANSITIONS).filter(
    ([act, { from, to }]) => !text.includes(`| ${act} | ${from.join(', ')} | ${to} |`),
  );
  expect([...steps, ...acts]).toEqual([]);
});

test('ARCHITECTURE.md tells what follows from the reviews of an item as the rule has it', () => {
  const text = read('ARCHITECTURE.md');
  const said = (verdict: Word['verdict'], kind: Word['kind'] = 'review'): Word => ({
    kind,
    verdict,
    policyId: null,
  });
  const cases: [string, Word[]][] = [
    ['the first of two reviews is in', [said('harmful')]],
    ['all that are needed agree', [said('harmful'), said('harmful')]],
    ['two verdicts differ', [said('harmful'), said('benign')]],
    ['a lead settles a disagreement', [said('harmful'), said('benign'), said('benign', 'adjudication')]],
    ['the last review is undone, its batch reversed, or the decision reopened', []],
  ];
  const missing = cases.flatMap(([what, words]) => {
    const outcome = outcomeOf(words, 2);
    const row = `| ${what} | ${outcome.state}${outcome.state === 'pending' ? `, ${outcome.stage}` : ''} |`;
    return text.includes(row) ? [] : [row];
  });
  const table = text.slice(text.indexOf('| what happens to a pending item'), text.indexOf('Incident (`lib/'));
  const untold = [...QUEUE_STATES, ...STAGES].filter((word) => !new RegExp(`[|,] ${word}\\b`).test(table));
  expect([...missing, ...untold]).toEqual([]);
});
