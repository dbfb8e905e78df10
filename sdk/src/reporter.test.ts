import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decision } from './engine.ts';
import { createReporter, type Reporter, type ReportHead } from './reporter.ts';
import { TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeRule } from './testing/rules.ts';

let feed: TestFeed;
let reporter: Reporter | undefined;
let problems: string[];
let head: ReportHead | null;

beforeEach(async () => {
  feed = await new TestFeed().listen();
  problems = [];
  head = { activeSeq: 4, seq: 4, state: 'active' };
});
afterEach(async () => {
  await reporter?.close(500);
  reporter = undefined;
  await feed.kill();
});

function open(intervalMs = 60_000, apiKey = TEST_KEY): Reporter {
  reporter = createReporter({
    feedUrl: feed.url,
    apiKey,
    instanceId: 'i-1',
    labels: { region: 'eu' },
    head: () => head,
    onProblem: (reason) => problems.push(reason),
    intervalMs,
  });
  return reporter;
}

const rule = makeRule();
const other = makeRule({ mode: 'shadow' });
const hit = ({ id, ref, action, mode, target }: typeof rule) => ({ id, ref, action, mode, target });
const decision: Decision = { verdict: 'block', rules: [hit(rule), hit(other)], seq: 4 };
const total = () => feed.reports.flatMap((report) => report.hits).filter((line) => line.ruleId === rule.id);

test('a change is posted at once, with what was counted', async () => {
  const open1 = open();
  open1.count(decision, new Date('2026-01-01T00:00:00Z'));
  open1.count(decision, new Date('2026-01-01T00:00:01Z'));
  open1.changed();
  await until('one report', () => feed.reports.length === 1);
  expect(feed.reports[0]).toMatchObject({
    instanceId: 'i-1',
    labels: { region: 'eu' },
    activeSeq: 4,
    state: 'active',
    decisions: 2,
    hits: [
      { ruleId: rule.id, hits: 2, enforced: 2, lastAt: '2026-01-01T00:00:01.000Z' },
      { ruleId: other.id, hits: 2, enforced: 0 },
    ],
  });
});

test('counters survive failed posts and arrive exactly once', async () => {
  feed.reportStatus = 503;
  const it = open(30);
  it.count(decision, new Date());
  it.changed();
  await until('a refused report', () => problems.length > 0);
  it.count(decision, new Date());
  await feed.kill();
  it.changed();
  await until('a report that reached nobody', () => problems.some((line) => line.includes('did not reach')));
  it.count(decision, new Date());
  feed.reportStatus = 0;
  await feed.listen();
  await until('the counters', () => total().length > 0);
  await until('later reports', () => feed.reports.length > 2);
  expect(total().reduce((sum, line) => sum + line.hits, 0)).toBe(3);
  expect(feed.reports.reduce((sum, report) => sum + report.decisions, 0)).toBe(3);
});

test('what happens during a post goes out right after it', async () => {
  const it = open();
  it.changed();
  head = { activeSeq: 4, seq: 5, state: 'failed', reason: 'x'.repeat(3_000) };
  it.changed();
  await until('both reports', () => feed.reports.length === 2);
  expect(feed.reports.map((report) => report.state)).toEqual(['active', 'failed']);
  expect(feed.reports[1]?.reason).toHaveLength(2_000);
});

test('says nothing while there is nothing to say, and flushes when closed', async () => {
  head = null;
  const it = open(20);
  it.changed();
  it.count(decision, new Date());
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(feed.reports).toHaveLength(0);
  head = { activeSeq: 4, seq: 4, state: 'active' };
  await it.close(1_000);
  reporter = undefined;
  expect(feed.reports.at(-1)?.decisions).toBe(1);
});

test('a refused key is told, never thrown', async () => {
  open(60_000, 'wrong').changed();
  await until('the problem', () => problems.some((line) => line.includes('401')));
});
