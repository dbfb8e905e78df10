import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GuardEvent } from './events.ts';
import { connect, createGuard, type Guard, type GuardOptions } from './guard.ts';
import type { Rule } from './rule.ts';
import { seal, TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeRule, makeSnapshot, ruleFor } from './testing/rules.ts';
import { SDK_VERSION } from './version.ts';

let feed: TestFeed;
let guards: Guard[];
let events: GuardEvent[];

beforeEach(async () => {
  feed = await new TestFeed().listen();
  guards = [];
  events = [];
});
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.close()));
  await feed.kill();
});

const options = (more: Partial<GuardOptions> = {}): GuardOptions => ({
  feedUrl: feed.url,
  apiKey: TEST_KEY,
  instanceId: 'i-1',
  publicKey: feed.signer.publicKey,
  onEvent: (event) => events.push(event),
  ...more,
});

async function following(rules: Rule[], more?: Partial<GuardOptions>): Promise<Guard> {
  feed.publish(makeSnapshot(1, rules));
  const guard = await connect(options(more));
  guards.push(guard);
  return guard;
}

/** All of an answer that came out, and the guard's stream itself. */
async function through(guard: Guard, pieces: string[], context = {}) {
  const stream = guard.stream(context);
  const source = new ReadableStream<string>({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  let text = '';
  for await (const piece of source.pipeThrough(stream)) text += piece;
  return { text, stream, decision: await stream.decision };
}

const evil = { completion: 'evil(1)' };

describe('the way to a ruleset', () => {
  test('is told step by step, once per ruleset', async () => {
    const guard = await following([makeRule()]);
    await until('the report', () => feed.reports.some(({ steps }) => steps !== undefined));
    const { verifiedMs, compiledMs, testedMs, activeMs } = feed.reports.find(({ steps }) => steps)?.steps ?? {
      verifiedMs: -1,
      compiledMs: -1,
      testedMs: -1,
      activeMs: -1,
    };
    const steps = [verifiedMs, compiledMs, testedMs, activeMs];
    expect(verifiedMs).toBeGreaterThan(0);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    feed.publish(makeSnapshot(2, []));
    await guard.waitForSeq(2, 60_000);
    await until('its report', () => feed.reports.some(({ activeSeq }) => activeSeq === 2));
    await guard.close();
    const told = feed.reports.filter(({ steps: each }) => each).map(({ activeSeq }) => activeSeq);
    expect(told).toEqual([1, 2]);
  });

  test('a field that only a newer publisher knows fails clearly, under its number, and the last good set stays', async () => {
    const guard = await following([makeRule()]);
    const newer = { ...makeSnapshot(2, [makeRule()]), quantum: true };
    feed.publishText(2, seal(newer, feed.signer));
    await until('the failure', () => guard.status().state === 'failed');
    expect(guard.status().reason).toBe(
      `The snapshot says quantum, which SDK ${SDK_VERSION} does not know: the publisher is newer. Update the SDK.`,
    );
    await until('the report', () => feed.reports.some(({ state }) => state === 'failed'));
    expect(feed.reports.find(({ state }) => state === 'failed')).toMatchObject({ activeSeq: 1, seq: 2 });
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', seq: 1 });
  });

  test('rollouts by instance count for the instance that decides', async () => {
    const none = await following([makeRule({ rollout: { instances: 0, requests: 100 } })]);
    expect(none.decide(evil).verdict).toBe('allow');
    expect((await through(none, ['evil(1)'])).text).toBe('evil(1)');
  });
});

describe('the breaker', () => {
  test('hitting a rule does not switch it off: the feed hears of it within a second, and every text is stopped', async () => {
    const rule = makeRule({ breaker: { maxHitRate: 0.5, budgetMs: 50 } });
    const guard = await following([rule, makeRule({ action: 'flag' })]);
    await until('the first report', () => feed.reports.length > 0);
    const verdicts = Array.from({ length: 300 }, (_, at) =>
      guard.decide({ ...evil, actor: at % 2 === 0 ? `made-up-${at}` : null }),
    );
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['block']));
    expect((await through(guard, ['ev', 'il(1)'])).decision.verdict).toBe('block');
    expect(events.filter(({ type }) => type === 'rule_alarm')).toMatchObject([
      { ruleId: rule.id, ref: rule.ref },
    ]);
    await until('the report', () => feed.reports.some(({ alarms = [] }) => alarms.length > 0), 9_000);
    expect(feed.reports.at(-1)).toMatchObject({ breakers: [], alarms: [{ ruleId: rule.id }] });
    feed.publish(makeSnapshot(2, [{ ...rule, version: 2 }]));
    await guard.waitForSeq(2, 60_000);
    expect(guard.decide(evil).verdict).toBe('block');
    await until('its end', () => feed.reports.at(-1)?.alarms === undefined);
  });

  test('closed means closed for the text that a rule fails on, whole or streamed, and a condition demotes none', async () => {
    // Divides by zero for an answer of seven characters.
    const odd = makeRule({
      when: '100 / (completion_length - 7) < 100',
      fail: { onError: 'closed', onStale: 'open' },
    });
    const guard = await following([odd]);
    expect(guard.decide(evil)).toMatchObject({ verdict: 'block', rules: [{ id: odd.id, mode: 'enforce' }] });
    expect((await through(guard, ['evil', '(1)'])).decision).toMatchObject({ verdict: 'block' });
    expect(events.map(({ type }) => type)).not.toContain('breaker_open');
    expect(guard.decide({ completion: 'evil(12345)' }).verdict).toBe('block');
  });

  test('an answer too long to be judged whole is refused by a closed rule, and demotes none', async () => {
    const whole = makeRule({ when: 'completion_length > 3', fail: { onError: 'closed', onStale: 'open' } });
    const guard = await following([whole]);
    const long = Array.from({ length: 41 }, () => 'a'.repeat(5_000));
    expect(await through(guard, long)).toMatchObject({ text: '', decision: { verdict: 'block' } });
    expect(events.map(({ type }) => type)).not.toContain('breaker_open');
    expect(guard.decide({ completion: 'evil(1)' })).toMatchObject({
      verdict: 'block',
      rules: [{ id: whole.id, mode: 'enforce' }],
    });
  });
});

describe('streams', () => {
  test('are counted: let through, not scanned, blocked', async () => {
    const guard = await following([makeRule()]);
    expect((await through(guard, ['good', ' text'])).text).toBe('good text');
    expect((await through(guard, ['0123456789', 'ev', 'il(', 'more'])).decision.verdict).toBe('block');
    await guard.close();
    const sum = { streams: 0, chunks: 0, released: 0, unscanned: 0, blocked: 0 };
    for (const { streams } of feed.reports) {
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += streams?.[name] ?? 0;
    }
    expect(sum).toEqual({ streams: 2, chunks: 5, released: 9 + 8, unscanned: 0, blocked: 1 });
    expect(feed.reports.reduce((total, { decisions }) => total + decisions, 0)).toBe(2);
  });

  test('what goes through before a first ruleset is there is counted as not scanned', async () => {
    const guard = createGuard(options());
    guards.push(guard);
    expect(await through(guard, ['evil('])).toMatchObject({
      text: 'evil(',
      decision: { verdict: 'allow', seq: 0 },
      stream: { progress: { released: 5, unscanned: 5 } },
    });
  });

  test('a ruleset that comes in between judges the rest of the answer, also what is still held back', async () => {
    const old = ruleFor({ kind: 'literal', text: 'a long literal', ignoreCase: false }, 'a long literal');
    const guard = await following([old]);
    const stream = guard.stream({});
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    void writer.write('0123456789 new rule ');
    const first = await reader.read();
    expect(first.value).toBe('0123456');
    const redact = ruleFor({ kind: 'literal', text: 'new rule', ignoreCase: false }, 'new rule', {
      action: 'redact',
    });
    feed.publish(makeSnapshot(2, [redact]));
    await guard.waitForSeq(2, 60_000);
    void writer.write('and a long literal new rule');
    void writer.close();
    let rest = '';
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value;
    const mark = `[removed by ${redact.ref}]`;
    expect(rest).toBe(`789 ${mark} and a long literal ${mark}`);
    expect(await stream.decision).toMatchObject({ verdict: 'redact', seq: 2, rules: [{ id: redact.id }] });
    expect(stream.progress.unscanned).toBe(0);
  });

  test('a rule without its own end of waiting: an old set that must not be trusted holds the answer back', async () => {
    const soon = new Date(Date.now() + 300).toISOString();
    const closed = makeRule({ fail: { onError: 'open', onStale: 'closed' } });
    feed.publish(makeSnapshot(1, [closed], { expiresAt: soon }));
    const guard = await connect(options());
    guards.push(guard);
    await feed.kill();
    await until('staleness', () => guard.status().state === 'stale');
    expect(await through(guard, ['nothing ', 'wrong'])).toMatchObject({
      text: '',
      decision: { verdict: 'block' },
    });
  });
});

describe('samples', () => {
  test('hits for review go back to the queue, from decisions and from streams', async () => {
    const rule = makeRule({ action: 'require_review' });
    const guard = await following([rule]);
    guard.decide({ id: 'a', prompt: 'p', completion: 'evil(1)', tenant: 't' });
    await through(guard, ['x = ev', 'il(2)'], { id: 'b' });
    await guard.close();
    expect(feed.samples.map(({ completion, rules }) => [completion, rules[0]])).toEqual([
      ['evil(1)', { ruleId: rule.id, ref: rule.ref, start: 0, end: 5 }],
      ['x = evil(2)', { ruleId: rule.id, ref: rule.ref, start: 4, end: 9 }],
    ]);
  });

  test('nothing leaves the process where samples are turned off', async () => {
    const guard = await following([makeRule({ action: 'require_review' })], { samples: false });
    guard.decide(evil);
    await guard.close();
    expect(feed.reports.at(-1)?.hits).toHaveLength(1);
    expect(feed.samples).toEqual([]);
  });
});

test('calls of other serving layers are counted per contract and phase, with what they did not show', async () => {
  const guard = await following([], { kind: 'sidecar' });
  guard.coverage('portkey', 'response', { streamed: true, unseen: true });
  guard.coverage('portkey', 'response', { streamed: true });
  guard.coverage('portkey', 'request');
  await guard.close();
  const { kind, coverage } = feed.reports.at(-1) ?? {};
  expect(kind).toBe('sidecar');
  expect(coverage).toEqual([
    { contract: 'portkey', phase: 'response', calls: 2, streamed: 2, unseen: 1 },
    { contract: 'portkey', phase: 'request', calls: 1, streamed: 0, unseen: 0 },
  ]);
});

test('decide never throws: what cannot be judged falls under the strictest fail mode in its scope', async () => {
  const mode = (onError: Rule['fail']['onError'], more: Partial<Rule> = {}) =>
    makeRule({ fail: { onError, onStale: 'open' }, ...more });
  const closed = mode('closed', { scope: { tenants: ['bank'] }, parameters: { text: 'Not now.' } });
  const review = mode('require_review', { scope: { tiers: ['pro'] } });
  const guard = await following([mode('open'), closed, review, mode('closed', { mode: 'shadow' })]);
  const broken = (request: object) =>
    guard.decide({
      ...request,
      // A getter that fails stands for any fault on the way.
      get completion(): string {
        if (failures-- > 0) throw new Error('broken');
        return 'x';
      },
    });
  let failures = 1;
  const decided = (request: object) => {
    failures = 1;
    return broken(request);
  };
  expect(decided({ tenant: 'bank', tier: 'pro' })).toMatchObject({ verdict: 'block', message: 'Not now.' });
  expect(decided({ tier: 'pro' })).toMatchObject({ verdict: 'require_review', rules: [{ id: review.id }] });
  expect(decided({})).toEqual({ verdict: 'allow', rules: [], seq: 1 });
  expect(events.filter(({ type }) => type === 'judge_failed')).toHaveLength(3);
});
