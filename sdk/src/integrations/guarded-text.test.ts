import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import type { Rule } from '../rule.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { JSON_PLACES, SOUGHT } from '../testing/json-places.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { type Context, decideTexts } from './exchange.ts';
import { GuardedText } from './guarded-text.ts';

// What stands in a streamed text as JSON has the verdict of the whole text, in any cut, and no match goes out.

const sought = (tenant: string, overrides: Partial<Rule> = {}) =>
  makeRule({
    scope: { tenants: [tenant] },
    matcher: { kind: 'literal', text: SOUGHT, ignoreCase: false },
    tests: { mustMatch: [{ text: SOUGHT }], mustNotMatch: [] },
    ...overrides,
  });

let feed: TestFeed;
let guard: Guard;
beforeAll(async () => {
  feed = await new TestFeed().listen();
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, publicKey: feed.signer.publicKey });
  feed.publish(
    makeSnapshot(1, [
      sought('block', { parameters: { text: 'Not this.' } }),
      sought('redact', { action: 'redact' }),
      sought('replace', { action: 'replace', parameters: { text: 'Something safe.' } }),
      sought('warn', { action: 'warn', parameters: { text: 'Mind this.' } }),
      sought('flag', { action: 'flag' }),
      sought('pattern', { matcher: { kind: 're2', pattern: 'drop_\\w+\\(".*"\\)', ignoreCase: false } }),
      sought('phrase', { matcher: { kind: 'phrases', phrases: [SOUGHT] } }),
    ]),
  );
  await guard.start();
});
afterAll(async () => {
  await guard.close();
  await feed.kill();
});

async function through(pieces: readonly string[], tenant: string) {
  let shown = '';
  const guarded = new GuardedText(guard, { tenant }, (text) => {
    shown += text;
  });
  for (const piece of pieces) if (await guarded.write(piece)) break;
  const decision = await guarded.end();
  return { shown, decision };
}

const cut = (text: string, length: number) =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, at) =>
    text.slice(at * length, (at + 1) * length),
  );
const answers = JSON_PLACES.filter(({ part }) => part === 'completion');
const TENANTS = ['block', 'redact', 'replace', 'warn', 'flag', 'pattern', 'phrase'];

describe.each(TENANTS)('%s', (tenant) => {
  test.each(answers)('$name', async ({ text, hit }) => {
    const whole = decideTexts(guard, { tenant, completion: text });
    expect(whole.verdict !== 'allow').toBe(hit);
    for (const length of [1, 3, 16, text.length]) {
      const { shown, decision } = await through(cut(text, length), tenant);
      expect([length, decision.verdict]).toEqual([length, whole.verdict]);
      expect(decision.rules.map(({ id }) => id)).toEqual(whole.rules.map(({ id }) => id));
      expect(decision.message).toBe(whole.message);
      if (!hit || tenant === 'flag') expect(shown).toBe(text);
      if (tenant === 'warn' && hit) expect(shown).toBe(`${text}\n\nMind this.`);
      if (tenant === 'replace' && hit) expect(shown).toMatch(/(^|\n\n)Something safe\.$/);
      // Of the match nothing has gone out, in no spelling.
      if (tenant === 'block' && hit) expect(shown).not.toMatch(/table|\\u0074\\u0061/);
    }
  });
});

const SPELLED = JSON.stringify(SOUGHT).replace('t', '\\u0074');

test.each([
  ['a quote between two values', `[] 5" of {"code": ${SPELLED}}`],
  ['an escape that is none, before one', `["\\uz${SPELLED.slice(1)}]`],
  ['JSON that is encoded without a string around it', `{} {\\"code\\": ${JSON.stringify(SPELLED).slice(1)}`],
  ['a long list behind the string', `{"code": ${SPELLED}, "more": [${'1, '.repeat(300)}1]}`],
  ['words behind the string', `${SPELLED} ${'and so on '.repeat(100)}`],
])('%s hides nothing', async (_, text) => {
  for (const tenant of ['block', 'replace', 'redact', 'warn']) {
    const whole = decideTexts(guard, { tenant, completion: text });
    expect(whole.verdict).not.toBe('allow');
    for (const length of [1, 16, text.length]) {
      const { shown, decision } = await through(cut(text, length), tenant);
      expect([tenant, length, decision.verdict]).toEqual([tenant, length, whole.verdict]);
      if (tenant === 'warn') expect(shown).toBe(`${text}\n\nMind this.`);
      else expect(shown).not.toContain('\\u0074able');
      if (tenant === 'replace') expect(shown).toMatch(/(^|\n\n)Something safe\.$/);
    }
  }
});

test('a text and its strings have one name, so that they fall alike in a rollout', async () => {
  const names: unknown[] = [];
  const spied = {
    decide: guard.decide,
    stream: (context: Context) => {
      names.push(context.id);
      return guard.stream(context);
    },
  };
  for (const id of [undefined, null, 'given']) {
    const guarded = new GuardedText(spied, { id }, () => {});
    await guarded.write(JSON.stringify([SOUGHT, JSON.stringify([SOUGHT])]));
    await guarded.end();
    expect(names.length).toBeGreaterThan(2);
    expect(new Set(names.splice(0))).toEqual(new Set([id ?? expect.any(String)]));
  }
});

test('numbers between strings do not make each string a stream of its own', async () => {
  let streams = 0;
  const spied = {
    decide: guard.decide,
    stream: (context: Context) => {
      streams++;
      return guard.stream(context);
    },
  };
  const guarded = new GuardedText(spied, { tenant: 'pattern' }, () => {});
  for (let at = 0; at < 300; at++) await guarded.write(`${at === 0 ? '{' : ','}"key":${'1'.repeat(300)}`);
  await guarded.end();
  expect(streams).toBeLessThan(30);
});

test('words that follow a string do not wait for the end of the answer', async () => {
  for (const begin of ['[Note] He said "hello"', '"Hello" is', '{"a": "b"}']) {
    let shown = '';
    const guarded = new GuardedText(guard, { tenant: 'pattern' }, (text) => {
      shown += text;
    });
    const text = `${begin} and so on. ${'More words follow. '.repeat(200)}`;
    for (const piece of cut(text, 9)) await guarded.write(piece);
    expect(shown.length).toBeGreaterThan(text.length - 1_500);
    await guarded.end();
    expect(shown).toBe(text);
  }
});

test('pairs of surrogates stay whole around what is held back', async () => {
  const text = JSON.stringify({ a: '🪁'.repeat(400), b: ['x🪁'.repeat(99)] });
  const pieces: string[] = [];
  const guarded = new GuardedText(guard, { tenant: 'block' }, (piece) => pieces.push(piece));
  for (const piece of cut(text, 7)) await guarded.write(piece);
  await guarded.end();
  expect(pieces.join('')).toBe(text);
  for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
});
