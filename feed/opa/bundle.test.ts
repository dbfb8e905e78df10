import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleKeyId, bundlePublicKeyPem } from '#lib/rulesets/bundle-signing';
import { makeRule, makeSnapshot, ruleFor } from '#sdk/testing/rules';
import { opaBundle } from './bundle.ts';
import { tar } from './tar.ts';
import { untar, verifyBundle } from './testing/verify-bundle.ts';

const rules = [
  makeRule({
    title: 'separators \u2028 \u2029, <b> & "quotes" \\ \u{1f512}',
    scope: { languages: ['Python'], models: [] },
  }),
  ruleFor({ kind: 'literal', text: 'a+(b)', ignoreCase: true }, 'A+(B)'),
  ruleFor(
    { kind: 'imports', packages: ['zope.interface', '\u{10400}pkg', 'ﬀpkg'] },
    'import zope.interface',
    { target: 'both' },
  ),
  ruleFor({ kind: 'phrases', phrases: ['Ignore  ALL'] }, 'ignore all', {
    target: 'prompt',
    rollout: { instances: 12.5, requests: 100 },
  }),
];
const payload = JSON.stringify(makeSnapshot(812, rules));
const keys = () => ({ [bundleKeyId()]: bundlePublicKeyPem() });
const json = (files: Map<string, Buffer>, name: string) => JSON.parse(String(files.get(name)));

test('a signed bundle is what OPA accepts, and holds the rules as data beside one fixed policy', () => {
  const files = untar(opaBundle(payload, true).bytes);
  verifyBundle(files, keys());
  expect([...files.keys()].sort()).toEqual([
    '.manifest',
    '.signatures.json',
    'stopgap/data.json',
    'stopgap/policy.rego',
  ]);
  expect(json(files, '.manifest')).toMatchObject({
    revision: '812',
    roots: ['stopgap'],
    metadata: { seq: 812 },
  });
  const { ruleset } = json(files, 'stopgap/data.json');
  expect(ruleset.rules.map((rule: { ref: string }) => rule.ref)).toEqual(rules.map((rule) => rule.ref));
  expect(ruleset.rules[0]).toMatchObject({ scope: { languages: ['python'] } });
  expect(ruleset.rules[0].scope).not.toHaveProperty('models');
  expect(ruleset.rules[1].matcher).toEqual({ kind: 're2', pattern: '(?i)a\\+\\(b\\)' });
  expect(ruleset.rules[2]).toMatchObject({
    targets: ['prompt', 'completion'],
    beyond: 'imports',
    matcher: { names: { 'zope-interface': ['pypi', 'conda'] } },
  });
  expect(ruleset.rules[3].matcher.phrases).toEqual(['ignore all']);
  // The policy and its data share a root: a key of the data that is a package of the policy would be refused.
  expect(Object.keys(json(files, 'stopgap/data.json'))).not.toContain('decision');
  expect(String(files.get('stopgap/policy.rego'))).toContain('package stopgap.decision');
});

test.each<[string, (files: Map<string, Buffer>) => void, RegExp]>([
  [
    'a changed rule',
    (files) => files.set('stopgap/data.json', Buffer.from('{"ruleset":{}}')),
    /digest mismatch/,
  ],
  [
    'a changed policy',
    (files) => files.set('stopgap/policy.rego', Buffer.from('package x')),
    /digest mismatch/,
  ],
  ['a file more', (files) => files.set('stopgap/more.rego', Buffer.from('package y')), /not included/],
  ['a file less', (files) => files.delete('stopgap/policy.rego'), /not found/],
  ['no signature', (files) => files.delete('.signatures.json'), /exactly one/],
])('%s is found out', (_, change, reason) => {
  const files = untar(opaBundle(payload, true).bytes);
  change(files);
  expect(() => verifyBundle(files, keys())).toThrow(reason);
});

test('white space and the order of keys do not matter to the signature, as OPA promises', () => {
  const files = untar(opaBundle(payload, true).bytes);
  const { ruleset, ...rest } = json(files, 'stopgap/data.json');
  const turned = Object.fromEntries(Object.entries(ruleset).reverse());
  files.set('stopgap/data.json', Buffer.from(JSON.stringify({ ruleset: turned, ...rest }, null, 2)));
  verifyBundle(files, keys());
});

test('the same snapshot makes the same bytes, signed or not; an unsigned one carries no signature', () => {
  for (const signed of [false, true]) expect(opaBundle(payload, signed)).toEqual(opaBundle(payload, signed));
  expect(untar(opaBundle(payload, false).bytes).has('.signatures.json')).toBe(false);
  expect(gunzipSync(opaBundle(payload, false).bytes).length % 512).toBe(0);
});

test('a name that does not fit its field is refused, not cut', () => {
  expect(() => tar([{ name: 'x'.repeat(101), bytes: Buffer.alloc(0) }])).toThrow(/too long/);
});
