import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setEnv } from '#lib/env';
import { gitleaksRules } from './gitleaks.ts';
import { unescaped } from './unescaped.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stopgap-gitleaks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string, name = `${crypto.randomUUID()}.toml`): string {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
}

function found(toml: string, text: string): string[] {
  const { rules } = gitleaksRules(file(toml));
  const view = unescaped(text);
  return rules.flatMap((rule) =>
    [...rule.find(view)].map(({ start, end, rule: id }) => `${id} ${view.text.slice(start, end)}`),
  );
}

const acme = "[[rules]]\nid = 'acme'\nregex = '''\\b(acme)_([a-z0-9]{8})\\b'''\nkeywords = ['ACME']\n";

test.each<[string, string, string, string[]]>([
  ['the first group', acme, 'x acme_1a2b3c4d y', ['acme acme']],
  ['the group that is named', `${acme}secretGroup = 2\n`, 'x acme_1a2b3c4d y', ['acme 1a2b3c4d']],
  [
    'all where there is no group',
    "[[rules]]\nid = 'a'\nregex = 'k-[0-9]{4}'",
    'k-1234 k-5678',
    ['a k-1234', 'a k-5678'],
  ],
  [
    'what stands before counts',
    "[[rules]]\nid = 'a'\nregex = '''\\bk-([0-9]{4})\\b'''",
    'xk-1234 k-5678x k-9012',
    ['a 9012'],
  ],
  ['in escapes', "[[rules]]\nid = 'a'\nregex = '''\"([0-9]{4})\"'''", '{\\"x\\": \\"1234\\"}', ['a 1234']],
  [
    'entropy too low',
    `${acme}secretGroup = 2\nentropy = 2\n`,
    'acme_aaaaaaab acme_1a2b3c4d',
    ['acme 1a2b3c4d'],
  ],
  [
    'a stopword',
    `${acme}secretGroup = 2\n[[rules.allowlists]]\nstopwords = ['1A2B']\n`,
    'acme_1a2b3c4d acme_9z9z9z9z',
    ['acme 9z9z9z9z'],
  ],
  [
    'an allowed secret',
    `${acme}secretGroup = 2\n[rules.allowlist]\nregexes = ['^9z']\n`,
    'acme_1a2b3c4d acme_9z9z9z9z',
    ['acme 1a2b3c4d'],
  ],
  [
    'an allowed match',
    `${acme}secretGroup = 2\n[[rules.allowlists]]\nregexTarget = 'match'\nregexes = ['^acme_9']\n`,
    'acme_1a2b3c4d acme_9z9z9z9z',
    ['acme 1a2b3c4d'],
  ],
  [
    'an allowed line',
    `${acme}secretGroup = 2\n[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['# sample$']\n`,
    'acme_1a2b3c4d # sample\nacme_9z9z9z9z',
    ['acme 9z9z9z9z'],
  ],
  [
    'all conditions',
    `${acme}secretGroup = 2\n[[rules.allowlists]]\ncondition = 'AND'\nregexes = ['^9z']\nstopwords = ['0']\n`,
    'acme_9z9z9z9z acme_9z9z9z90',
    ['acme 9z9z9z9z'],
  ],
  [
    'a path never holds',
    `${acme}secretGroup = 2\n[[rules.allowlists]]\npaths = ['.*']\n`,
    'acme_1a2b3c4d',
    ['acme 1a2b3c4d'],
  ],
  [
    'nor with others',
    `${acme}secretGroup = 2\n[[rules.allowlists]]\ncondition = 'AND'\npaths = ['.*']\nregexes = ['.']\n`,
    'acme_1a2b3c4d',
    ['acme 1a2b3c4d'],
  ],
  [
    'what all rules allow',
    `[allowlist]\nregexes = ['1a']\n${acme}secretGroup = 2\n`,
    'acme_1a2b3c4d acme_9z9z9z9z',
    ['acme 9z9z9z9z'],
  ],
  [
    'what some rules allow',
    `[[allowlists]]\ntargetRules = ['other']\nregexes = ['1a']\n${acme}secretGroup = 2\n`,
    'acme_1a2b3c4d',
    ['acme 1a2b3c4d'],
  ],
])('finds as gitleaks does: %s', (_, toml, text, secrets) => {
  expect(found(toml, text)).toEqual(secrets);
});

test('extends a file, takes rules out of it and changes others', () => {
  file(`${acme}secretGroup = 2\n[[rules]]\nid = 'gone'\nregex = 'gone'\n`, 'base.toml');
  file(acme, 'gitleaks-default.toml');
  const own =
    "[extend]\npath = 'base.toml'\ndisabledRules = ['gone']\n[[rules]]\nid = 'acme'\n[[rules.allowlists]]\nstopwords = ['9z']\n";
  expect(found(own, 'gone acme_1a2b3c4d acme_9z9z9z9z')).toEqual(['acme 1a2b3c4d']);
  expect(
    found("[extend]\nuseDefault = true\n[[rules]]\nid = 'b'\nregex = 'bbb'\n", 'bbb acme_1a2b3c4d'),
  ).toEqual(['acme acme', 'b bbb']);
});

test.each<[string, string]>([
  ["regex = '(?=x)'", 'its regex is not RE2'],
  ["regex = '(a)'\nsecretGroup = 3", 'its secretGroup is 3, and its regex has 1 groups'],
  ["path = '\\.p12$'", 'it looks at paths alone'],
  ['', 'it has no regex'],
  ["regex = 'a'\n[[rules.required]]\nid = 'b'", 'it asks for other rules nearby'],
  ["regex = 'a'\nfuzzy = true", 'it has "fuzzy", which is not supported'],
  ["regex = 'a'\nentropy = 'high'", 'its entropy is not right'],
  ["regex = 'a'\n[[rules.allowlists]]\nregexes = ['(?<=x)']", 'its regex is not RE2'],
])('a rule that cannot be used is left out by name: %j', (rule, why) => {
  const { rules, leftOut } = gitleaksRules(file(`${acme}[[rules]]\nid = 'odd'\n${rule}\n`));
  expect(rules).toHaveLength(1);
  expect(leftOut).toEqual([expect.stringContaining(`Rule "odd" is left out: ${why}`)]);
});

test.each<[string, string]>([
  ['[[rules', 'is not valid TOML in line 1'],
  ['title = "x"', 'has no rules'],
  ["[[rules]]\nregex = 'a'", 'is no gitleaks configuration: rules.0.id'],
  ["[extend]\npath = 'nowhere.toml'", 'nowhere.toml cannot be read: ENOENT'],
  [
    "[[rules]]\nid = 'a'\nregex = '('",
    'has no rule that can be used. Rule "a" is left out: its regex is not RE2',
  ],
])('a file that cannot be used is refused in words: %j', (toml, why) => {
  expect(() => gitleaksRules(file(toml))).toThrow(why);
});

test('the file that the environment names works beside our own rules, words first', async () => {
  setEnv({ STOPGAP_GITLEAKS_CONFIG: file(`${acme}secretGroup = 2\n`) });
  const { findIn } = await import('./find.ts');
  const text = '{"note": "acme_1a2b3c4d", "password": "hunter22"}';
  expect(findIn(text).map(({ start, end, rule }) => [rule, text.slice(start, end)])).toEqual([
    ['acme', '1a2b3c4d'],
    ['password', 'hunter22'],
  ]);
});

/** gitleaks' own file, where somebody has put it. */
const DEFAULTS = path.resolve(import.meta.dirname, '../../../shared/field/gitleaks.toml');

test.runIf(existsSync(DEFAULTS))('gitleaks’ own rules can be used, but those that look at paths', () => {
  const { rules, leftOut } = gitleaksRules(DEFAULTS);
  expect(rules.length).toBeGreaterThan(150);
  expect(leftOut.every((line) => line.includes('paths'))).toBe(true);
});
