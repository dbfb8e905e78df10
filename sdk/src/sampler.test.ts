import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decision, DecisionRequest } from './decision.ts';
import { Subject, subjectMatcher } from './match.ts';
import type { Rule } from './rule.ts';
import { createSampler, isSampled, type Sampler } from './sampler.ts';
import { TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeRule } from './testing/rules.ts';

let feed: TestFeed;
let sampler: Sampler | undefined;
let problems: string[];
let dropped: number;

beforeEach(async () => {
  feed = await new TestFeed().listen();
  problems = [];
  dropped = 0;
});
afterEach(async () => {
  await sampler?.close(500);
  sampler = undefined;
  await feed.kill();
});

const always = makeRule({ action: 'flag', sample: 1 });
const review = makeRule({ action: 'require_review' });
const never = makeRule({ action: 'block' });

function open(rules: Rule[] = [always, review, never], sendMs = 5): Sampler {
  sampler = createSampler({
    feedUrl: feed.url,
    apiKey: TEST_KEY,
    instanceId: 'i-1',
    rule: (id) => rules.find((rule) => rule.id === id),
    locate: (rule, text, language) => subjectMatcher(rule.matcher)(new Subject(text, language), 1)[0],
    onProblem: (reason) => problems.push(reason),
    onDropped: (count) => {
      dropped += count;
    },
    sendMs,
    retryMs: 5,
  });
  return sampler;
}

const decided = (...rules: Rule[]): Decision => ({ verdict: 'flag', rules, seq: 9 });
const request: DecisionRequest = {
  id: 'r-1',
  model: 'm',
  tenant: 't',
  prompt: 'do',
  completion: 'x = evil(1)',
};
const at = new Date('2026-01-01T00:00:00Z');

test('a sampled hit is sent with where it is and what is known of the request', async () => {
  open().offer(request, decided(always, never), at);
  await until('the sample', () => feed.samples.length === 1);
  expect(feed.samples[0]).toMatchObject({
    at: '2026-01-01T00:00:00.000Z',
    instanceId: 'i-1',
    seq: 9,
    rules: [{ ruleId: always.id, ref: always.ref, start: 4, end: 9 }],
    model: 'm',
    tenant: 't',
    tier: null,
    prompt: 'do',
    completion: 'x = evil(1)',
  });
});

test('every hit that asks for review is sent; one that asks for nothing is not; a repeat has the same name', async () => {
  const it = open();
  it.offer(request, decided(never), at);
  it.offer(request, decided(review), at);
  it.offer(request, decided(review), at);
  it.offer({ ...request, completion: 'other evil(' }, decided(review), at);
  await until('the samples', () => feed.samples.length === 3);
  const names = feed.samples.map(({ id }) => id);
  expect(names[0]).toBe(names[1]);
  expect(names[2]).not.toBe(names[0]);
});

test('a share is the same everywhere and close to what was asked for', () => {
  const rule = makeRule({ action: 'flag', sample: 0.1 });
  const chosen = Array.from({ length: 10_000 }, (_, i) => isSampled(rule, { id: `request ${i}` }));
  const again = Array.from({ length: 10_000 }, (_, i) =>
    isSampled(rule, { id: `request ${i}`, tenant: 'x' }),
  );
  expect(again).toEqual(chosen);
  const share = chosen.filter(Boolean).length;
  expect(share).toBeGreaterThan(850);
  expect(share).toBeLessThan(1_150);
});

test('what the feed does not take is kept and sent again', async () => {
  feed.sampleStatus = 503;
  open().offer(request, decided(always), at);
  await until('a refusal', () => problems.length > 1);
  feed.sampleStatus = 0;
  await until('the sample', () => feed.samples.length === 1);
  expect(dropped).toBe(0);
});

test('what it can never take is let go of and counted', async () => {
  feed.sampleStatus = 404;
  const it = open();
  it.offer(request, decided(always), at);
  await until('the loss', () => dropped === 1);
  feed.sampleStatus = 0;
  it.offer({ ...request, id: 'r-2' }, decided(always), at);
  await until('the next', () => feed.samples.length === 1);
});

test('memory is bounded: the newest are let go of, counted, and nothing waits', async () => {
  const it = open([always], 60_000);
  for (let i = 0; i < 700; i++) it.offer({ ...request, id: `${i}` }, decided(always), at);
  await it.close(2_000);
  expect(feed.samples).toHaveLength(500);
  expect(dropped).toBe(200);
  const large = open([always], 60_000);
  const completion = `evil(${'x'.repeat(300_000)}`;
  for (let i = 0; i < 40; i++) large.offer({ ...request, id: `l${i}`, completion }, decided(always), at);
  await large.close(5_000);
  expect(feed.samples.length - 500).toBe(20);
  expect(feed.samples.at(-1)?.completion).toHaveLength(200_000);
  expect(dropped).toBe(220);
});

test('texts are cut to what ingest takes, never through a character', async () => {
  const completion = `${'a'.repeat(199_999)}😀`;
  open().offer({ ...request, completion, model: 'm'.repeat(500) }, decided(always), at);
  await until('the sample', () => feed.samples.length === 1);
  expect(feed.samples[0]?.completion).toBe('a'.repeat(199_999));
  expect(feed.samples[0]?.model).toHaveLength(200);
  expect(feed.samples[0]?.rules[0]).toEqual({ ruleId: always.id, ref: always.ref });
});
