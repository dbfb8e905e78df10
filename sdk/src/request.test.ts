import { afterEach, describe, expect, test } from 'vitest';
import type { DecisionRequest } from './decision.ts';
import type { GuardEvent } from './events.ts';
import { createGuard, type Guard, type GuardOptions } from './guard.ts';
import { readRequest, unknownFieldWords } from './request.ts';
import type { Rule } from './rule.ts';
import { TEST_KEY, TestFeed } from './testing/feed.ts';
import { makeRule, makeSnapshot } from './testing/rules.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function guarding(
  rules: Rule[],
  options: Partial<GuardOptions> = {},
): Promise<{ guard: Guard; events: GuardEvent[] }> {
  const feed = await new TestFeed().listen();
  feed.publish(makeSnapshot(1, rules));
  const events: GuardEvent[] = [];
  const guard = createGuard({
    feedUrl: feed.url,
    apiKey: TEST_KEY,
    publicKey: feed.signer.publicKey,
    onEvent: (event) => events.push(event),
    ...options,
  });
  closers.push(
    () => feed.kill(),
    () => guard.close(),
  );
  await guard.start();
  return { guard, events };
}

/** What JavaScript may hand over where TypeScript would not. */
const untyped = (request: unknown) => request as DecisionRequest;
const throwing = (name: string, rest: object = {}) =>
  Object.defineProperty({ ...rest }, name, {
    enumerable: true,
    get: () => {
      throw new Error('secret words');
    },
  });

test('TypeScript refuses a field that no request has, and what is no text', () => {
  // @ts-expect-error
  const misspelt: DecisionRequest = { modle: 'coder' };
  // @ts-expect-error
  const number: DecisionRequest = { model: 7 };
  expect([misspelt, number].map((given) => readRequest(given).unknown)).toEqual([['modle'], []]);
});

test.each([
  ['modle', /Did you mean `model`\?$/],
  ['mdoel', /Did you mean `model`\?$/],
  ['Model', /Did you mean `model`\?$/],
  ['models', /Did you mean `model`\?$/],
  ['modelId', /Did you mean `model`\?$/],
  ['tenantid', /Did you mean `tenant`\?$/],
  ['promt', /Did you mean `prompt`\?$/],
  ['langauge', /Did you mean `language`\?$/],
  ['user', /Fields are id, model, version, tenant,/],
  ['x'.repeat(5_000), /^`x{60}…` is not a field/],
])('%s is told with what was meant', (name, words) => {
  expect(unknownFieldWords(name)).toMatch(words);
});

describe('unknown fields', () => {
  test('are reported by name, once each, from every call; what is known is judged', async () => {
    const { guard, events } = await guarding([makeRule()]);
    for (let times = 0; times < 3; times++) {
      expect(guard.decide(untyped({ modle: 'coder', completion: 'evil(1)' })).verdict).toBe('block');
    }
    guard.rank(['a', 'b'], untyped({ langauge: 'go' }));
    void guard.stream(untyped({ tennant: 'acme' })).readable.cancel();
    const unknown = events.filter(({ type }) => type === 'unknown_field');
    expect(unknown).toMatchObject([{ field: 'modle' }, { field: 'langauge' }, { field: 'tennant' }]);
  });

  test('are refused where the guard is told to', async () => {
    const { guard } = await guarding([makeRule()], { unknownFields: 'throw' });
    const given = untyped({ modle: 'coder', completion: 'x' });
    for (const call of [
      () => guard.decide(given),
      () => guard.stream(given),
      () => guard.rank(['x'], given),
    ]) {
      expect(call).toThrow(/`modle` is not a field of a request.*Did you mean `model`/);
    }
    expect(guard.decide({ model: 'coder', completion: 'x' }).verdict).toBe('allow');
  });

  test('of hostile number or length are told apart up to a bound', async () => {
    const { guard, events } = await guarding([makeRule()]);
    for (let at = 0; at < 500; at++)
      guard.decide(untyped({ [`${at}${'y'.repeat(10_000)}`]: 1, completion: 'x' }));
    const unknown = events.filter(({ type }) => type === 'unknown_field');
    expect(unknown).toHaveLength(100);
    expect(JSON.stringify(unknown).length).toBeLessThan(40_000);
  });
});

const closed = { onError: 'closed', onStale: 'open' } as const;
const review = { onError: 'require_review', onStale: 'open' } as const;

describe('what cannot be read falls under the fail modes of the rules that need it', () => {
  const FIELDS = ['model', 'version', 'tenant', 'tier', 'language', 'surface', 'feature'] as const;
  const LISTS = {
    model: 'models',
    version: 'versions',
    tenant: 'tenants',
    tier: 'tiers',
    language: 'languages',
    surface: 'surfaces',
    feature: 'features',
  } as const;
  const scoped = (field: (typeof FIELDS)[number], overrides: Partial<Rule>) =>
    makeRule({ scope: { [LISTS[field]]: [field === 'surface' ? 'chat' : 'x'] }, ...overrides });

  test.each(FIELDS)('a getter of %s that throws', async (field) => {
    const rule = scoped(field, { fail: closed });
    const { guard, events } = await guarding([
      rule,
      makeRule({
        matcher: { kind: 'literal', text: 'flagged', ignoreCase: false },
        tests: { mustMatch: [{ text: 'flagged' }], mustNotMatch: [] },
        action: 'flag',
      }),
    ]);
    expect(guard.decide(untyped(throwing(field, { completion: 'good' })))).toMatchObject({
      verdict: 'block',
      rules: [{ id: rule.id }],
    });
    expect(guard.decide(untyped({ [field]: 42, completion: 'flagged' })).rules).toHaveLength(2);
    expect(guard.decide({ completion: 'good' }).verdict).toBe('allow');
    expect(JSON.stringify(events)).not.toContain('secret words');
    expect(events.some(({ type }) => type === 'judge_failed')).toBe(true);
  });

  test.each<[string, Partial<Rule>, unknown, string]>([
    ['a completion that throws, closed', { fail: closed }, throwing('completion'), 'block'],
    ['a completion that is no text', { fail: closed }, { completion: ['evil(1)'] }, 'block'],
    ['a completion that throws, open', {}, throwing('completion'), 'allow'],
    ['a completion that throws, review', { fail: review }, throwing('completion'), 'require_review'],
    ['a prompt that no rule reads', { fail: closed }, throwing('prompt', { completion: 'good' }), 'allow'],
    ['a prompt beside a hit', { fail: review }, throwing('prompt', { completion: 'evil(1)' }), 'block'],
    ['a field that no rule asks for', { fail: closed }, throwing('tenant', { completion: 'good' }), 'allow'],
    [
      'a field that a condition may ask for',
      { fail: closed, when: "tenant == 'x'" },
      throwing('tenant', { completion: 'good' }),
      'block',
    ],
    ['an actor that throws', { fail: closed }, throwing('actor', { completion: 'good' }), 'allow'],
    ['no request at all', { fail: closed }, undefined, 'block'],
    ['null', { fail: closed }, null, 'block'],
    [
      'sampling that throws when it is read',
      {
        fail: closed,
        target: 'both',
        action: 'sampling',
        matcher: { kind: 'any' },
        tests: { mustMatch: [], mustNotMatch: [] },
        parameters: { sampling: { temperature: { max: 0 } } },
      },
      { prompt: 'x', sampling: throwing('temperature') },
      'block',
    ],
    ['a shadow rule', { fail: closed, mode: 'shadow' }, throwing('completion'), 'allow'],
  ])('%s', async (_, overrides, given, verdict) => {
    const { guard } = await guarding([makeRule(overrides)]);
    expect(guard.decide(untyped(given)).verdict).toBe(verdict);
  });

  test('a proxy that throws at everything', async () => {
    const { guard } = await guarding([makeRule({ fail: closed })]);
    const no = () => {
      throw new Error('no');
    };
    expect(guard.decide(untyped(new Proxy({}, { get: no, ownKeys: no, has: no }))).verdict).toBe('block');
  });

  test('a stream and candidates likewise', async () => {
    const { guard } = await guarding([scoped('tenant', { fail: closed })]);
    const stream = guard.stream(untyped(throwing('tenant')));
    const writer = stream.writable.getWriter();
    void writer.write('good').catch(() => undefined);
    void writer.close().catch(() => undefined);
    let text = '';
    for await (const piece of stream.readable) text += piece;
    expect([text, (await stream.decision).verdict]).toEqual(['', 'block']);
    expect(guard.rank(['a', 'b'], untyped(throwing('tenant'))).order).toEqual([]);
  });

  test('a getter is asked once', async () => {
    const { guard } = await guarding([makeRule({ scope: { tenants: ['acme'] } })]);
    let reads = 0;
    const given = {
      completion: 'evil(1)',
      get tenant() {
        return reads++ === 0 ? 'acme' : 'other';
      },
    };
    expect(guard.decide(given).verdict).toBe('block');
    expect(reads).toBe(1);
  });
});
