import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuard, type Guard } from '../guard.ts';
import type { Rule } from '../rule.ts';
import { TEST_KEY, TestFeed } from '../testing/feed.ts';
import { JSON_PLACES, SOUGHT } from '../testing/json-places.ts';
import { makeRule, makeSnapshot } from '../testing/rules.ts';
import { decideAnswer } from './decide-answer.ts';
import { decidePrompt } from './exchange.ts';
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
      sought('asked', { action: 'redact', target: 'prompt' }),
      sought('replace', { action: 'replace', parameters: { text: 'Something safe.' } }),
      sought('warn', { action: 'warn', parameters: { text: 'Mind this.' } }),
      sought('flag', { action: 'flag' }),
      sought('pattern', { matcher: { kind: 're2', pattern: 'drop_\\w+\\(".*"\\)', ignoreCase: false } }),
      sought('rollout', { rollout: { instances: 100, requests: 50 } }),
      sought('watched', {
        action: 'warn',
        parameters: { text: 'Mind this.' },
        sample: 1,
        breaker: { maxHitRate: 0.2, budgetMs: 1_000 },
      }),
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
    const whole = guard.decide({ tenant, completion: text }, { json: true });
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
    const whole = guard.decide({ tenant, completion: text }, { json: true });
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

test('a text and its strings fall alike in a rollout', async () => {
  // In the text as it stands, in a string, and in a string of a string: each alone has a verdict by the text's name.
  const places = [`${SOUGHT} as words`, JSON.stringify([SOUGHT]), JSON.stringify([JSON.stringify([SOUGHT])])];
  const all = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const verdicts = new Set<string>();
    for (const text of places) {
      const guarded = new GuardedText(guard, { tenant: 'rollout', id: `request ${round}` }, () => {});
      await guarded.write(text);
      verdicts.add((await guarded.end()).verdict);
    }
    expect([round, verdicts.size]).toEqual([round, 1]);
    for (const each of verdicts) all.add(each);
  }
  expect([...all].sort()).toEqual(['allow', 'block']);
});

describe('an answer is one decision, however many strings it has', () => {
  const deep = JSON.stringify([
    SOUGHT,
    { a: SOUGHT, in: JSON.stringify([SOUGHT, JSON.stringify([SOUGHT])]) },
  ]);

  async function counted(write: (counting: Guard) => Promise<unknown>) {
    const instanceId = crypto.randomUUID();
    const { url: feedUrl, signer } = feed;
    const alarms: string[] = [];
    const counting = createGuard({
      feedUrl,
      apiKey: TEST_KEY,
      publicKey: signer.publicKey,
      instanceId,
      onEvent: (event) => {
        if (event.type === 'rule_alarm') alarms.push(event.reason);
      },
    });
    await counting.start();
    const before = feed.samples.length;
    await write(counting);
    await counting.close();
    const reports = feed.reports.filter((report) => report.instanceId === instanceId);
    const sum = (of: (report: (typeof reports)[number]) => number) =>
      reports.reduce((all, report) => all + of(report), 0);
    return {
      alarms,
      samples: feed.samples.slice(before).map(({ completion }) => completion),
      decisions: sum(({ decisions }) => decisions),
      hits: sum(({ hits }) => hits.reduce((all, each) => all + each.hits, 0)),
      streams: sum(({ streams }) => streams?.streams ?? 0),
      blocked: sum(({ streams }) => streams?.blocked ?? 0),
    };
  }
  const stream = async (counting: Guard, tenant: string, end: 'end' | 'cancel') => {
    const guarded = new GuardedText(counting, { tenant }, () => {});
    await guarded.write(deep);
    if (end === 'end') await guarded.end();
    guarded.cancel();
  };

  test.each(['end', 'cancel'] as const)('in counts: %s', async (end) => {
    expect(
      await counted(async (each) => each.decide({ tenant: 'block', completion: deep }, { json: true })),
    ).toMatchObject({ decisions: 1, hits: 1, streams: 0, blocked: 0 });
    // However often it is looked at again for what a rule removes.
    const words = `${SOUGHT} and so on`;
    const parts = [{ text: words }, { text: deep, joined: true }, { text: words, joined: true }];
    for (const [kind, ask] of [
      [
        'an answer',
        async (each: Guard) => each.decide({ tenant: 'redact', completion: words }, { json: true }),
      ],
      ['an answer in parts', async (each: Guard) => decideAnswer(each, { tenant: 'redact' }, parts, [])],
      ['one text', async (each: Guard) => decideAnswer(each, { tenant: 'redact' }, [{ text: words }], [])],
      ['a prompt', async (each: Guard) => decidePrompt(each, { tenant: 'asked' }, [{ text: words }])],
      ['a prompt in parts', async (each: Guard) => decidePrompt(each, { tenant: 'asked' }, parts)],
    ] as const) {
      expect([kind, await counted(ask)]).toMatchObject([kind, { decisions: 1, hits: 1 }]);
    }
    for (const [tenant, hits, blocked] of [
      ['block', 1, 1],
      ['warn', 1, 0],
      ['nobody', 0, 0],
    ] as const) {
      const one = await counted((each) => stream(each, tenant, end));
      expect([tenant, one]).toMatchObject([tenant, { decisions: 1, hits, streams: 1, blocked }]);
    }
  });

  test('in the breaker and in samples', async () => {
    const few = await counted(async (each) => {
      for (let at = 0; at < 99; at++) await stream(each, 'watched', 'end');
    });
    // Below a hundred decisions a rate says nothing.
    expect(few).toMatchObject({ decisions: 99, hits: 99, alarms: [] });
    expect(few.samples.length).toBeLessThanOrEqual(99);
    expect(new Set(few.samples)).toEqual(new Set([deep]));
    const many = await counted(async (each) => {
      for (let at = 0; at < 120; at++) await stream(each, 'watched', 'end');
    });
    expect(many.alarms).toHaveLength(1);
  });
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
