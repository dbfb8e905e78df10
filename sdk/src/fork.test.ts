import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GuardEvent } from './events.ts';
import { createGuard, type Guard } from './guard.ts';
import { TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeRule, makeSnapshot } from './testing/rules.ts';

let feed: TestFeed;
let guard: Guard;
let events: GuardEvent[];
beforeEach(async () => {
  feed = await new TestFeed().listen();
  events = [];
  guard = createGuard({ feedUrl: feed.url, apiKey: TEST_KEY, onEvent: (event) => events.push(event) });
});
afterEach(async () => {
  await guard.close();
  await feed.kill();
});

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const later = new Date(Date.now() + 86_400_000).toISOString();
const signed = (seq: number, minute: number, rules = [makeRule()]) => ({
  ...makeSnapshot(seq, rules),
  issuedAt: at(minute),
  expiresAt: later,
});
const forks = () => events.filter(({ type }) => type === 'forked');
const evil = { completion: 'evil(1)' };

test.each([
  ['the later one replaces it', 5, 0, 'allow'],
  ['an earlier one is not taken', 1, 1, 'block'],
])('one number with two signed contents is told: %s', async (_, minute, rules, verdict) => {
  feed.publish(signed(83, 3));
  await guard.start();
  expect(guard.decide(evil).verdict).toBe('block');
  feed.publish(signed(83, minute, rules === 0 ? [] : [makeRule({ ref: 'R-9' })]));
  await until('it is told', () => forks().length === 1);
  expect(guard.decide(evil).verdict).toBe(verdict);
  expect(guard.status()).toMatchObject({
    seq: 83,
    state: 'active',
    reason: expect.stringContaining('two contents'),
  });
  await until('the report', () => feed.reports.some(({ reason }) => reason?.includes('two contents')));
  expect(feed.reports.at(-1)).toMatchObject({ state: 'active', activeSeq: 83 });

  feed.publish(signed(84, 6));
  expect(await guard.waitForSeq(84, 60_000)).toBe(true);
  expect(guard.status().reason).toBeUndefined();
});

test('the same rules signed anew to prolong them are no fork', async () => {
  const rules = [makeRule()];
  feed.publish(signed(83, 3, rules));
  await guard.start();
  feed.publish(signed(83, 4, rules));
  feed.publish(signed(84, 5, rules));
  expect(await guard.waitForSeq(84, 60_000)).toBe(true);
  expect(forks()).toEqual([]);
});
