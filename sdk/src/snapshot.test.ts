import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { RuleCache } from './engine.ts';
import type { Rule } from './rule.ts';
import { openEnvelope, parsePublicKey, SnapshotError } from './snapshot.ts';
import { makeSigner, seal } from './testing/feed.ts';
import { makeRule, makeSnapshot, ruleFor } from './testing/rules.ts';

const signer = makeSigner();
const keys = [signer.publicKey];
const literalRule = (text: string) => ruleFor({ kind: 'literal', text, ignoreCase: false }, text);

function refusal(text: string, options?: { minSeq?: number }, trusted = keys): SnapshotError {
  try {
    openEnvelope(text, trusted, options);
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
  throw new Error('The envelope was opened.');
}

describe('openEnvelope', () => {
  test('opens what the trusted key signed', () => {
    const snapshot = makeSnapshot(3, [makeRule(), makeRule({ title: 'ünïcode 😀' })]);
    expect(openEnvelope(seal(snapshot, signer), keys)).toEqual(snapshot);
    expect(openEnvelope(seal(snapshot, signer), [makeSigner().publicKey, ...keys])).toEqual(snapshot);
  });

  test('refuses a payload changed by one character, another key, and a cut signature', () => {
    const text = seal(makeSnapshot(3, [makeRule()]), signer);
    const envelope = JSON.parse(text);
    const tampered = { ...envelope, payload: envelope.payload.replace('"block"', '"flags"') };
    expect(refusal(JSON.stringify(tampered)).code).toBe('signature');
    expect(refusal(JSON.stringify({ ...envelope, payload: `${envelope.payload} ` })).code).toBe('signature');
    expect(refusal(JSON.stringify({ ...envelope, signature: '' })).code).toBe('signature');
    expect(refusal(text, {}, [makeSigner().publicKey]).code).toBe('signature');
    expect(refusal(text, {}, []).code).toBe('signature');
  });

  test('refuses what does not have the agreed form', () => {
    const snapshot = makeSnapshot(3, []);
    expect(refusal('not json').code).toBe('schema');
    expect(refusal('{}').code).toBe('schema');
    expect(refusal(seal({ ...snapshot, extra: 1 }, signer)).code).toBe('schema');
    expect(
      refusal(seal({ ...snapshot, rules: [{ ...makeRule(), action: 'explode' }] }, signer)).message,
    ).toContain('rules.0.action');
    const twice = makeRule();
    expect(refusal(seal(makeSnapshot(3, [twice, twice]), signer))).toMatchObject({ code: 'schema', seq: 3 });
  });

  test('refuses to go back, takes the same and the next', () => {
    const text = seal(makeSnapshot(5, []), signer);
    expect(refusal(text, { minSeq: 6 })).toMatchObject({ code: 'rollback', seq: 5 });
    expect(openEnvelope(text, keys, { minSeq: 5 }).seq).toBe(5);
    expect(openEnvelope(text, keys, { minSeq: 4 }).seq).toBe(5);
  });

  test('refuses rules that cannot run and rules that fail their own vectors', () => {
    const broken = ruleFor({ kind: 're2', pattern: '(', ignoreCase: false }, 'x', { ref: 'R-9' });
    expect(refusal(seal(makeSnapshot(3, [broken]), signer))).toMatchObject({ code: 'compile', seq: 3 });
    const wrong = makeRule({ ref: 'R-8', tests: { mustMatch: [{ text: 'harmless' }], mustNotMatch: [] } });
    const error = refusal(seal(makeSnapshot(3, [makeRule(), wrong]), signer));
    expect(error.code).toBe('vectors');
    expect(error.message).toContain('R-8');
  });

  test('an expired snapshot opens: staleness is for the clock of the instance', () => {
    const old = makeSnapshot(3, [], { expiresAt: '2020-01-01T00:00:00Z' });
    expect(openEnvelope(seal(old, signer), keys).expiresAt).toBe('2020-01-01T00:00:00Z');
  });

  test('the cache keeps what is unchanged and forgets what is gone', () => {
    const cache = new RuleCache();
    const kept = makeRule();
    const first = openEnvelope(seal(makeSnapshot(1, [kept, literalRule('gone(')]), signer), keys, { cache });
    const compiled = cache.compile(first.rules[0] ?? kept);
    const second = openEnvelope(seal(makeSnapshot(2, [kept]), signer), keys, { cache });
    expect(cache.compile(second.rules[0] ?? kept)).toBe(compiled);
    expect(cache.size).toBe(2);
    cache.retain(second.rules);
    expect(cache.size).toBe(1);
    const changed = { ...kept, version: 2, tests: { mustMatch: [{ text: 'no' }], mustNotMatch: [] } };
    expect(() => openEnvelope(seal(makeSnapshot(3, [changed]), signer), keys, { cache })).toThrow(/R-/);
  });

  test('a new stage, end or title takes what was compiled and proven', () => {
    const cache = new RuleCache();
    const rule = makeRule();
    openEnvelope(seal(makeSnapshot(1, [rule]), signer), keys, { cache });
    const compiled = cache.compile(rule);
    const staged: Rule = {
      ...rule,
      version: 2,
      title: 'Another',
      mode: 'shadow',
      rollout: { ...rule.rollout, requests: 10 },
      expiresAt: '2026-12-31T00:00:00.000Z',
    };
    const { rules } = openEnvelope(seal(makeSnapshot(2, [staged]), signer), keys, { cache });
    expect(rules).toEqual([staged]);
    expect(cache.isProven(staged)).toBe(true);
    expect(cache.compile(staged)).toBe(compiled);
  });

  test.each<[string, Partial<Rule>]>([
    ['vectors', { tests: { mustMatch: [{ text: 'no' }], mustNotMatch: [] } }],
    ['a condition', { when: 'tenant == ' }],
    ['an action without its text', { action: 'replace', parameters: {} }],
    ['another matcher', { matcher: { kind: 'literal', text: 'other(', ignoreCase: false } }],
  ])('%s that were not proven are, whatever else is known', (_, change) => {
    const cache = new RuleCache();
    const rule = makeRule();
    openEnvelope(seal(makeSnapshot(1, [rule]), signer), keys, { cache });
    const changed = { ...rule, ...change };
    expect(() => openEnvelope(seal(makeSnapshot(2, [changed]), signer), keys, { cache })).toThrow(
      SnapshotError,
    );
  });
});

describe('parsePublicKey', () => {
  test('reads PEM and raw base64, and nothing but Ed25519', () => {
    const raw = createPublicKey(signer.publicKey).export({ format: 'der', type: 'spki' }).subarray(-32);
    expect(parsePublicKey(raw.toString('base64')).equals(createPublicKey(signer.publicKey))).toBe(true);
    expect(() => parsePublicKey('c2hvcnQ=')).toThrow(/32 bytes/);
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(() => parsePublicKey(ec.export({ type: 'spki', format: 'pem' }).toString())).toThrow(/Ed25519/);
  });
});

describe('a ruleset in which one rule of many is another', () => {
  const rules = Array.from({ length: 20 }, (_, at) => literalRule(`call_${at}(`));
  const first = makeSnapshot(1, rules);

  test('takes all others as they were, object for object, and reads only that one', () => {
    const cache = new RuleCache();
    const before = openEnvelope(seal(first, signer), keys, { cache }).rules;
    const changed = makeSnapshot(
      2,
      rules.map((rule, at) => (at === 7 ? { ...rule, version: 2 } : rule)),
    );
    const after = openEnvelope(seal(changed, signer), keys, { cache }).rules;
    expect(after).toEqual(changed.rules);
    expect(after.map((rule, at) => rule === before[at])).toEqual(rules.map((_, at) => at !== 7));
    cache.retain(after);
    expect(cache.size).toBe(20);
    // Its matcher is compiled for as long as some rule has it.
    expect(cache.isProven(rules[7] as Rule)).toBe(true);
    // What was let go of is read anew.
    const back = openEnvelope(seal(makeSnapshot(3, rules), signer), keys, { cache }).rules;
    expect(back[7]).toEqual(rules[7]);
    expect(back[7]).not.toBe(before[7]);
  });

  test('is refused for that one, by its place among all, whatever is known of the others', () => {
    const cache = new RuleCache();
    openEnvelope(seal(first, signer), keys, { cache });
    const broken = {
      ...first,
      seq: 2,
      rules: rules.map((rule, at) => (at === 12 ? { ...rule, mode: 'off' } : rule)),
    };
    expect(() => openEnvelope(seal(broken as typeof first, signer), keys, { cache })).toThrow(
      /rules\.12\.mode/,
    );
    const twice = { ...first, seq: 2, rules: [...rules, rules[3]] };
    expect(() => openEnvelope(seal(twice as typeof first, signer), keys, { cache })).toThrow(
      /is listed twice/,
    );
    const unproven = makeRule({ tests: { mustMatch: [{ text: 'nothing of it' }], mustNotMatch: [] } });
    for (let times = 0; times < 2; times++) {
      expect(() =>
        openEnvelope(seal(makeSnapshot(2, [...rules, unproven]), signer), keys, { cache }),
      ).toThrow(/own tests/);
    }
  });
});
