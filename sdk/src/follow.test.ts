import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GuardEvent } from './events.ts';
import { feedAddress, follow } from './follow.ts';
import { TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeSnapshot } from './testing/rules.ts';

let feed: TestFeed;
let events: GuardEvent[];
let following: { close(): Promise<void> } | undefined;

beforeEach(async () => {
  feed = await new TestFeed().listen();
  events = [];
});
afterEach(async () => {
  await following?.close();
  await feed.kill();
});

function open(onSnapshot: (text: string) => void, silenceMs?: number): void {
  following = follow({
    feedUrl: `${feed.url}/`,
    apiKey: TEST_KEY,
    instanceId: 'i 1/ü',
    known: () => null,
    onSnapshot,
    onEvent: (event) => events.push(event),
    silenceMs,
  });
}

test('a silent stream is dropped and opened anew; one with keep-alives stays', async () => {
  // Forty times the beat: a process that is not given the machine for a while is not taken for a silent one.
  open(() => undefined, 1_200);
  await until('the first stream', () => feed.streams === 1);
  const beat = setInterval(() => feed.sendToAll(': keep\n\n'), 30);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  clearInterval(beat);
  expect(feed.lastEventIds).toHaveLength(1);
  await until('the second stream', () => feed.lastEventIds.length === 2 && feed.streams === 1);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'disconnected', reason: expect.stringContaining('silent') }),
  );
});

test('envelopes arrive unchanged, also large ones with astral characters', async () => {
  const seen: string[] = [];
  open((text) => seen.push(text));
  await until('the stream', () => feed.streams === 1);
  const text = JSON.stringify({ big: '😀é'.repeat(300_000) });
  feed.publishText(1, text);
  await until('the envelope', () => seen.length === 1);
  expect(seen[0] === text).toBe(true);
});

test('errors of the feed are waited out', async () => {
  feed.streamStatus = 503;
  feed.publish(makeSnapshot(1, []));
  const seen: string[] = [];
  open((text) => seen.push(text));
  await until('two refusals', () => feed.lastEventIds.length >= 2);
  feed.streamStatus = 403;
  await until('the refusal', () =>
    events.some((event) => event.type === 'unauthorized' && event.retryMs === 5_000),
  );
  feed.streamStatus = 0;
  await until('the snapshot', () => seen.length === 1);
});

test('the feed may live under a path', () => {
  expect(feedAddress('https://host/feed/', '/v1/key').href).toBe('https://host/feed/v1/key');
});
