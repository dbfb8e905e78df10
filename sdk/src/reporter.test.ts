import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decision } from './decision.ts';
import { coveredCall, createReporter, type Reporter, type ReportHead } from './reporter.ts';
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

test('says by what time rules end here and which content is active; only the last word is a goodbye', async () => {
  const at = new Date('2026-01-01T00:00:00Z');
  head = { activeSeq: 4, seq: 4, state: 'active', activeSha256: 'a'.repeat(64) };
  const last = createReporter({
    feedUrl: feed.url,
    apiKey: TEST_KEY,
    instanceId: 'i-2',
    labels: {},
    head: () => head,
    clock: () => at,
    onProblem: (reason) => problems.push(reason),
    intervalMs: 60_000,
  });
  last.changed();
  await until('one report', () => feed.reports.length === 1);
  expect(feed.reports[0]).toMatchObject({ activeSha256: 'a'.repeat(64), clock: at.toISOString() });
  expect(feed.reports[0]?.goodbye).toBeUndefined();
  await last.close(2_000);
  expect(feed.reports.map(({ goodbye }) => goodbye)).toEqual([undefined, true]);
  expect(problems).toEqual([]);
});

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

test('what streams and other contracts let through survives failed posts and arrives exactly once', async () => {
  feed.reportStatus = 503;
  const it = open(20);
  const stream = { streams: 1, chunks: 3, released: 40, unscanned: 2, blocked: 1 };
  it.streamed(stream);
  it.covered(coveredCall('portkey', 'response', { streamed: true, unseen: true }));
  it.adopted(4, { verifiedMs: 1, compiledMs: 2, testedMs: 3, activeMs: 4 });
  it.changed();
  await until('a refused report', () => problems.length > 0);
  it.streamed({ released: 2, chunks: 1 });
  it.covered([...coveredCall('portkey', 'response'), ...coveredCall('portkey', 'response')]);
  feed.reportStatus = 0;
  await until('reports', () => feed.reports.length > 2);
  const sum = { streams: 0, chunks: 0, released: 0, unscanned: 0, blocked: 0 };
  for (const { streams } of feed.reports) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += streams?.[name] ?? 0;
  }
  expect(sum).toEqual({ ...stream, chunks: 4, released: 42 });
  const coverage = feed.reports.flatMap((report) => report.coverage);
  expect(coverage.reduce((calls, line) => calls + line.calls, 0)).toBe(3);
  expect(coverage.reduce((unseen, line) => unseen + line.unseen, 0)).toBe(1);
  expect(feed.reports.filter(({ steps }) => steps).length).toBe(1);
});

test('the steps to a ruleset are not told of another one', async () => {
  const it = open();
  it.adopted(5, { verifiedMs: 1, compiledMs: 2, testedMs: 3, activeMs: 4 });
  it.changed();
  await until('a report of 4', () => feed.reports.length === 1);
  head = { activeSeq: 5, seq: 5, state: 'active' };
  it.changed();
  await until('a report of 5', () => feed.reports.length === 2);
  expect(feed.reports.map(({ steps }) => steps?.activeMs)).toEqual([undefined, 4]);
});

test('a hit is told as enforced when it is why the answer is as it is', async () => {
  const it = open();
  const disabled = makeRule({ action: 'disable' });
  const dropped = makeRule({ action: 'drop' });
  const capped = makeRule({ action: 'sampling' });
  const flagged = makeRule({ action: 'flag' });
  it.count(
    { verdict: 'block', rules: [disabled, dropped, capped, flagged].map(hit), sampling: { topP: 1 }, seq: 4 },
    new Date(),
  );
  it.changed();
  await until('the report', () => feed.reports.length === 1);
  const enforced = new Map(feed.reports[0]?.hits.map((line) => [line.ruleId, line.enforced]));
  expect([disabled, dropped, capped, flagged].map(({ id }) => enforced.get(id))).toEqual([1, 1, 1, 0]);
});

test('a refused key is told, never thrown', async () => {
  open(60_000, 'wrong').changed();
  await until('the problem', () => problems.some((line) => line.includes('401')));
});

test.each([
  [['alarms'], []],
  [['clock', 'activeSha256', 'alarms'], []],
  [['coverage.*.field'], [{ contract: 'http', phase: 'request', calls: 2, streamed: 0, unseen: 0 }]],
  [['coverage'], undefined],
] as const)(
  'a feed that does not know %j gets the rest, at once and from then on, and no hit is lost',
  async (unknown, coverage) => {
    head = { activeSeq: 4, seq: 4, state: 'active', activeSha256: 'a'.repeat(64) };
    for (const field of unknown) feed.unknown.add(field);
    const reporter = createReporter({
      ...{ feedUrl: feed.url, apiKey: TEST_KEY, instanceId: 'i-3', labels: {}, intervalMs: 60_000 },
      head: () => head,
      clock: () => new Date('2026-01-01T00:00:00Z'),
      alarms: () => [{ ruleId: rule.id, reason: 'odd', since: '2026-01-01T00:00:00.000Z' }],
      onProblem: (reason) => problems.push(reason),
    });
    const call = { contract: 'http', phase: 'request' } as const;
    if (coverage === undefined || coverage.length > 0) {
      reporter.covered(coveredCall(call.contract, call.phase, { unread: ['image_url'] }));
      reporter.covered(coveredCall(call.contract, call.phase, {}));
    }
    reporter.count(decision, new Date());
    reporter.changed();
    await until('the first report', () => feed.reports.length === 1);
    reporter.count(decision, new Date());
    reporter.changed();
    await until('the second', () => feed.reports.length === 2);
    expect(total().map(({ hits }) => hits)).toEqual([1, 1]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(unknown[0]);
    expect(feed.reports.map(({ alarms }) => alarms?.length)).toEqual(
      unknown.includes('alarms' as never) ? [undefined, undefined] : [1, 1],
    );
    if (coverage !== undefined) expect(feed.reports[0]?.coverage).toEqual(coverage);
    await reporter.close(500);
  },
);

test('a refusal of another kind is no reason to leave anything out', async () => {
  feed.reportStatus = 400;
  const opened = open();
  opened.changed();
  await until('it said so', () => problems.length > 0);
  expect(problems[0]).toMatch(/HTTP 400/);
});
