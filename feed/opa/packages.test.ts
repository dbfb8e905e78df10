import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { textMatcher } from '#sdk/engine';
import { LANGUAGE_ECOSYSTEMS } from '#sdk/packages/ecosystems';
import { entryOf } from '#sdk/packages/entry';
import { listedIn, PackageIndex } from '#sdk/packages/listed';
import type { PackageListItem, Rule } from '#sdk/rule';
import { pick, random } from '#sdk/testing/chunks';
import { makeSnapshot, ruleFor } from '#sdk/testing/rules';
import { mentionedPattern } from './mentioned.ts';
import { opaData } from './rules.ts';

type Given = { list: PackageListItem[]; language: string; given: string; hit: boolean };
type Mentioned = { list: PackageListItem[]; text: string; hit: boolean };

/** What the engine and the policy must say alike. */
const TABLE: { imports: Given[]; mentioned: Mentioned[] } = JSON.parse(
  readFileSync(new URL('./fixtures/packages.json', import.meta.url), 'utf8'),
);

const listRule = (
  packages: PackageListItem[],
  more: Partial<Extract<Rule['matcher'], { kind: 'imports' }>> = {},
) => ruleFor({ kind: 'imports', packages, ...more }, 'x');

it.each(TABLE.imports)('the engine: $list in $language, “$given”: $hit', ({ list, language, given, hit }) => {
  const index = new PackageIndex(listedIn({ kind: 'imports', packages: list }));
  let found = false;
  const ecosystem = LANGUAGE_ECOSYSTEMS[language];
  if (!ecosystem) throw new Error(`${language} has no registry`);
  index.find({ ecosystem, names: [given], version: null, how: 'import', start: 0, end: 1 }, 'x', () => {
    found = true;
  });
  expect(found).toBe(hit);
});

it.each(TABLE.mentioned)('the engine: $list in “$text”: $hit', ({ list, text, hit }) => {
  const find = textMatcher({ kind: 'imports', find: 'mentioned', packages: list });
  expect(find(text, 'text').length > 0).toBe(hit);
});

const compiled = new Map<readonly PackageListItem[], ReturnType<typeof textMatcher>>();
const patternHits = (list: readonly PackageListItem[], text: string) => {
  const pattern = mentionedPattern(list.map(entryOf));
  if (pattern === null) throw new Error('The list is too long for a pattern.');
  const find = compiled.get(list) ?? textMatcher({ kind: 're2', pattern, ignoreCase: false });
  compiled.set(list, find);
  return find(text).length > 0;
};

it.each(TABLE.mentioned)('the pattern: $list in “$text”: $hit', ({ list, text, hit }) => {
  expect(patternHits(list, text)).toBe(hit);
});

it('a text is hit by the pattern where the engine finds a name in it', () => {
  const lists: PackageListItem[][] = [
    ['left-pad'],
    ['acme-db-tools', 'acme'],
    ['@acme/loader'],
    ['acme/loader'],
    ['org.acme:loader'],
    [{ name: 'left_pad', ecosystem: 'npm' }],
    [{ name: 'Acme.Loader', ecosystem: 'nuget' }],
  ];
  const parts = [
    ...['left-pad', 'Left_Pad', 'left.pad', 'my', 'acme', 'Acme', 'loader', 'db', 'tools', '@acme/loader'],
    ...['@other', 'org', '1.2', 'x', 'Acme.Loader', 'left_pad'],
  ];
  const glue = ['-', '_', '.', '/', ' ', '@', ':', '--', '', '"', '\n', '-1.0', '+', 'é', '안'];
  const texts = { sdk: textMatcher, next: random(77) };
  let hits = 0;
  for (let run = 0; run < 4_000; run++) {
    const list = pick(texts.next, lists);
    let text = '';
    for (let at = 0; at < 1 + texts.next() * 4; at++)
      text += pick(texts.next, parts) + pick(texts.next, glue);
    const whole = texts.sdk({ kind: 'imports', find: 'mentioned', packages: list })(text, 'text').length > 0;
    hits += whole ? 1 : 0;
    expect(patternHits(list, text), JSON.stringify({ list, text })).toBe(whole);
  }
  expect(hits).toBeGreaterThan(500);
});

it('a list that is too long, and versions, are left to the fail mode', () => {
  const rules = [
    listRule(['a'], { find: 'mentioned' }),
    listRule(['a']),
    listRule(
      Array.from({ length: 201 }, (_, at) => `p${at}`),
      { find: 'mentioned' },
    ),
    listRule([{ name: 'a', versions: '1.2.3' }], { find: 'mentioned' }),
  ];
  const { ruleset } = opaData(makeSnapshot(1, rules)) as {
    ruleset: { rules: { beyond: string | false }[] };
  };
  expect(ruleset.rules.map(({ beyond }) => beyond)).toEqual([false, 'imports', 'mentions', 'versions']);
});

const opa = process.env.STOPGAP_OPA ?? 'opa';
const hasOpa = spawnSync(opa, ['version']).status === 0;
it.runIf(hasOpa)(
  'the policy itself says the same, asked of OPA',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'opa-packages-'));
    const policy = new URL('./policy.rego', import.meta.url).pathname;
    const ask = (rule: Rule, input: object) => {
      const data = join(folder, 'data.json');
      writeFileSync(data, JSON.stringify({ stopgap: opaData(makeSnapshot(1, [rule])) }));
      writeFileSync(join(folder, 'input.json'), JSON.stringify(input));
      const said = execFileSync(
        opa,
        [
          'eval',
          '-f',
          'json',
          '-d',
          policy,
          '-d',
          data,
          '-i',
          join(folder, 'input.json'),
          'data.stopgap.decision.result',
        ],
        { encoding: 'utf8' },
      );
      return JSON.parse(said).result[0].expressions[0].value as { rules: unknown[]; unjudged: unknown[] };
    };
    try {
      for (const { list, language, given, hit } of TABLE.imports) {
        const said = ask(listRule(list), { completion: 'x', language, imports: [given] });
        expect([said.rules.length > 0, said.unjudged], `${JSON.stringify(list)} ${given}`).toEqual([hit, []]);
      }
      // What is no list names nothing: the rule stays unjudged, and its fail mode counts.
      for (const imports of ['a', { name: 'a' }, true, null, undefined]) {
        expect(ask(listRule(['a']), { completion: 'x', imports }).unjudged, `${imports}`).toHaveLength(1);
      }
      for (const { list, text, hit } of TABLE.mentioned) {
        const said = ask(listRule(list, { find: 'mentioned' }), { completion: text });
        expect([said.rules.length > 0, said.unjudged], `${JSON.stringify(list)} ${text}`).toEqual([hit, []]);
      }
      expect(
        ask(listRule([{ name: 'a', versions: '1' }]), { completion: 'a', imports: ['a'] }).unjudged,
      ).toHaveLength(1);
      expect(ask(listRule(['a']), { completion: 'a' }).unjudged).toHaveLength(1);
      const many = listRule(
        Array.from({ length: 201 }, (_, at) => `p${at}`),
        { find: 'mentioned' },
      );
      // In the text nobody looked for them: what it hits among the given ones counts, and it stays unjudged.
      for (const [imports, hits] of [
        [undefined, 0],
        [['q'], 0],
        [['p7'], 1],
      ] as const) {
        const said = ask(many, { completion: 'p7', imports });
        expect([said.rules.length, said.unjudged.length]).toEqual([hits, 1]);
      }
      const object = { completion: 'x', imports: [{ name: 'A', ecosystem: 'npm' }] };
      expect(ask(listRule(['a']), object).rules).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
