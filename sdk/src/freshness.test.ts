import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GuardEvent } from './events.ts';
import { createFreshness } from './freshness.ts';
import { connect, createGuard, type Guard, type GuardOptions } from './guard.ts';
import { headText } from './head.ts';
import { parsePublicKey } from './snapshot.ts';
import { headOf, makeSigner, seal, sealHead, TEST_KEY, TestFeed, until } from './testing/feed.ts';
import { makeRule, makeSnapshot } from './testing/rules.ts';

let feed: TestFeed;
let dir: string;
let guards: Guard[];
let events: GuardEvent[];
beforeEach(async () => {
  feed = await new TestFeed().listen();
  dir = await mkdtemp(path.join(tmpdir(), 'stopgap-fresh-'));
  guards = [];
  events = [];
  texts = {
    old: seal(makeSnapshot(40, [makeRule()]), feed.signer),
    another: seal(makeSnapshot(40, []), feed.signer),
    newest: seal(makeSnapshot(60, []), feed.signer),
  };
});
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.close()));
  await feed.kill();
  await rm(dir, { recursive: true, force: true });
});

const MINUTE = 60_000;
const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE);
const evil = { completion: 'evil(1)' };

async function guardWith(more: Partial<GuardOptions> = {}): Promise<Guard> {
  const guard = createGuard({
    feedUrl: feed.url,
    apiKey: TEST_KEY,
    instanceId: 'fresh',
    publicKey: feed.signer.publicKey,
    onEvent: (event) => events.push(event),
    ...more,
  });
  guards.push(guard);
  void guard.start();
  await until('it has something to say', () => guard.status().state !== 'starting');
  return guard;
}

let texts: { old: string; another: string; newest: string };
const old = () => texts.old;
const another = () => texts.another;
const newest = () => texts.newest;
/** What is replayed, and what comes with it. */
type Replay = [what: string, head: (envelope: string) => string | null, reason: RegExp];

const REPLAYS: Replay[] = [
  ['no head', () => null, /No signed head came with it/],
  [
    'the head of then',
    (text) => sealHead(headOf(text, ago(60)), feed.signer),
    /signed at .*, more than 10 min ago/,
  ],
  ['a head just too old', (text) => sealHead(headOf(text, ago(11.1)), feed.signer), /more than 10 min ago/],
  [
    'the head of now, which names a newer one',
    () => sealHead(headOf(newest()), feed.signer),
    /Ruleset 60 was the newest at/,
  ],
  [
    'a head of its number with another content',
    () => sealHead(headOf(another()), feed.signer),
    /another content/,
  ],
  [
    "a head by somebody else's key",
    (text) => sealHead(headOf(text), makeSigner()),
    /not signed by a trusted key/,
  ],
  [
    "the ruleset's own signature as that of a head",
    (text) => headText(headOf(text), (JSON.parse(text) as { signature: string }).signature),
    /not signed by a trusted key/,
  ],
  [
    'an old head whose time was changed',
    (text) => {
      const signed = sealHead(headOf(text, ago(60)), feed.signer);
      return headText(headOf(text), signed.slice(signed.lastIndexOf(' ') + 1));
    },
    /not signed by a trusted key/,
  ],
  [
    "a newer ruleset's head whose number and content were changed",
    (text) => {
      const signed = sealHead(headOf(newest()), feed.signer);
      return headText(headOf(text), signed.slice(signed.lastIndexOf(' ') + 1));
    },
    /not signed by a trusted key/,
  ],
  ['what is no head', () => 'fresh', /not signed by a trusted key/],
  ['an empty head', () => '', /No signed head came with it|not signed/],
];

describe('a guard that has no ruleset yet', () => {
  test.each(REPLAYS)(
    'refuses a genuine old one with %s, says why everywhere, and takes the newest',
    async (_, head, reason) => {
      const text = old();
      const with_ = head(text);
      feed.head = with_ === null ? 'none' : { text: with_ };
      feed.publishText(40, text);
      const guard = await guardWith();
      await until('it was refused', () => guard.status().state === 'failed');
      expect(guard.status()).toMatchObject({ seq: 0, rules: 0, freshAsOf: null });
      expect(guard.status().reason).toMatch(reason);
      expect(guard.status().reason).toMatch(/^Ruleset 40 may be an old one and was not taken\. /);
      expect(guard.decide(evil)).toMatchObject({ verdict: 'allow', seq: 0 });
      expect(events.find(({ type }) => type === 'failed')).toMatchObject({ code: 'freshness', seq: 40 });
      await until('the report', () => feed.reports.length > 0);
      expect(feed.reports.at(-1)).toMatchObject({ state: 'failed', activeSeq: 0, seq: 40 });
      expect(feed.reports.at(-1)?.reason).toMatch(reason);

      feed.head = 'fresh';
      feed.publishText(60, newest());
      expect(await guard.waitForSeq(60, 60_000)).toBe(true);
      expect(guard.status()).toMatchObject({ seq: 60, state: 'active', freshAsOf: expect.any(Date) });
      expect(guard.status().reason).toBeUndefined();
    },
  );

  test('keeps what it refused and takes it as soon as its head comes, on the same stream', async () => {
    const text = old();
    feed.head = { text: sealHead(headOf(text, ago(30)), feed.signer) };
    feed.publishText(40, text);
    const guard = await guardWith();
    await until('it was refused', () => guard.status().state === 'failed');
    feed.sendHead(sealHead(headOf(text, ago(20)), feed.signer));
    feed.sendHead(sealHead(headOf(text), makeSigner()));
    feed.sendHead(sealHead(headOf(text, ago(5)), feed.signer));
    expect(await guard.waitForSeq(40, 60_000)).toBe(true);
    expect(guard.decide(evil).verdict).toBe('block');
    expect(feed.lastEventIds).toHaveLength(1);
  });

  test('no order of genuine pieces that were kept brings an old one back', async () => {
    const pieces = [
      { head: sealHead(headOf(newest()), feed.signer), text: old() },
      { head: sealHead(headOf(old(), ago(30)), feed.signer), text: old() },
      { head: sealHead(headOf(another(), ago(1)), feed.signer), text: old() },
    ];
    feed.head = { text: pieces[0]?.head ?? '' };
    feed.publishText(40, old());
    const guard = await guardWith();
    for (const { head, text } of pieces) {
      feed.head = { text: head };
      feed.publishText(40, text);
      feed.sendHead(head);
    }
    await until('all were refused', () => events.filter(({ type }) => type === 'failed').length > 3);
    expect(guard.status()).toMatchObject({ seq: 0, state: 'failed' });
  });

  test('one that this SDK cannot read opens no door for an old one behind it', async () => {
    feed.head = 'none';
    feed.publishText(39, seal({ ...makeSnapshot(39, []), news: 1 }, feed.signer));
    const guard = await guardWith();
    await until('the first was refused', () => guard.status().state === 'failed');
    feed.publishText(40, old());
    await until('so was the second', () => guard.status().reason?.includes('Ruleset 40') === true);
    expect(guard.status().seq).toBe(0);
  });

  test('takes a higher number than a head of now names: it was published since', async () => {
    feed.head = { text: sealHead(headOf(old(), ago(2)), feed.signer) };
    feed.publishText(60, newest());
    const guard = await guardWith();
    expect(guard.status()).toMatchObject({ seq: 60, state: 'active' });
  });

  test.each([
    ['a longer age, set on purpose', { headMaxAgeMs: 120 * MINUTE }, 60, 60],
    ['a longer age is a limit too', { headMaxAgeMs: 30 * MINUTE }, 60, 0],
    ['a clock that is a little ahead', {}, 10.5, 60],
    ['a clock that is a little behind', {}, -4.5, 60],
  ] as const)('%s', async (_, more, minutes, seq) => {
    feed.head = { text: sealHead(headOf(newest(), ago(minutes)), feed.signer) };
    feed.publishText(60, newest());
    const guard = await guardWith(more);
    await until('it has judged', () => guard.status().state !== 'starting');
    expect(guard.status().seq).toBe(seq);
  });

  test('a head from the future is shown and proves nothing; one that is signed after it counts as ever', async () => {
    const future = sealHead(headOf(newest(), ago(-180)), feed.signer);
    feed.head = { text: future };
    feed.publishText(40, old());
    feed.publishText(60, newest());
    const guard = await guardWith();
    await until('both were refused', () => guard.status().reason?.includes('Ruleset 60') === true);
    expect(guard.status()).toMatchObject({ seq: 0, state: 'failed', freshAsOf: null });
    expect(guard.status().reason).toMatch(
      /min ahead of this clock: this clock is wrong, or the publisher's was/,
    );
    feed.sendHead(sealHead(headOf(newest(), ago(1)), feed.signer));
    expect(await guard.waitForSeq(60, 60_000)).toBe(true);
    // Nor does it hold back what comes after it.
    feed.sendHead(future);
    const last = { ...headOf(newest()), at: new Date() };
    feed.sendHead(sealHead(last, feed.signer));
    await until('the last counts', () => guard.status().freshAsOf?.getTime() === last.at.getTime());
  });

  test.each([
    ['when-offered takes one without a head', { freshness: 'when-offered' }, null, 40],
    ['when-offered judges the head that is offered', { freshness: 'when-offered' }, 60, 0],
    ['a key that was only shown asks for none', { publicKey: undefined }, null, 40],
    ['but judges what is offered', { publicKey: undefined }, 60, 0],
    ['unless it is told to', { publicKey: undefined, freshness: 'required' }, null, 0],
  ] as const)('%s', async (_, more, minutes, seq) => {
    feed.head = minutes === null ? 'none' : { text: sealHead(headOf(old(), ago(minutes)), feed.signer) };
    feed.publishText(40, old());
    const guard = await guardWith(more as Partial<GuardOptions>);
    await until('it has judged', () => guard.status().state !== 'starting');
    expect(guard.status().seq).toBe(seq);
  });

  test('says at the start, in words for who reads standard error, that nothing is enforced and why', async () => {
    feed.head = 'none';
    feed.publishText(40, old());
    await (await guardWith()).start();
    const said = events.find(({ type }) => type === 'no_ruleset');
    expect(said).toMatchObject({
      reason: expect.stringMatching(/everything is allowed\. Ruleset 40 may be an old one/),
    });
  });

  test.each([{ freshness: 'always' }, { headMaxAgeMs: 0 }, { headMaxAgeMs: Number.NaN }])(
    '%j is refused at once',
    (more) => {
      const options = { feedUrl: feed.url, apiKey: TEST_KEY, ...more } as GuardOptions;
      expect(() => createGuard(options)).toThrow(TypeError);
    },
  );
});

describe('a guard that has one', () => {
  test('goes by its number alone, also after a restart, and says until when it was the newest', async () => {
    const next = newest();
    feed.publishText(40, old());
    const first = await guardWith({ dir });
    expect(first.status().freshAsOf?.getTime()).toBeGreaterThan(Date.now() - MINUTE);
    await first.close();
    feed.head = 'none';
    feed.publishText(60, next);
    const again = await guardWith({ dir });
    expect(await again.waitForSeq(60, 60_000)).toBe(true);
    expect(again.status()).toMatchObject({ state: 'active', freshAsOf: null });
    feed.sendHead(sealHead(headOf(next), feed.signer));
    await until('it is proven', () => again.status().freshAsOf !== null);
  });

  test('that was kept on disk is told to be in doubt where only an old head comes, and is enforced', async () => {
    const kept = old();
    feed.publishText(40, kept);
    await (await guardWith({ dir })).close();
    feed.head = { text: sealHead(headOf(kept, ago(60)), feed.signer) };
    feed.publishText(40, kept);
    const again = await guardWith({ dir });
    await until('it is told', () => events.some(({ type }) => type === 'unconfirmed'));
    expect(again.decide(evil).verdict).toBe('block');
    expect(again.status()).toMatchObject({ seq: 40, state: 'active' });
    expect(again.status().reason).toMatch(/was last known to be the newest at .*enforced until it runs out/);
    feed.sendHead(sealHead(headOf(kept), feed.signer));
    await until('it is sure again', () => again.status().reason === undefined);
  });
});

describe('the clock', () => {
  const signer = makeSigner();
  const keys = () => [parsePublicKey(signer.publicKey)];
  const envelope = seal(makeSnapshot(60, []), signer);
  const published = Date.UTC(2026, 0, 31, 12);

  test('of an instance that is far ahead is named with its skew, by what the feed says the time is', () => {
    const freshness = createFreshness({ keys, mode: 'required', wall: () => published + 25 * MINUTE });
    freshness.take(sealHead(headOf(envelope, new Date(published)), signer));
    const { seq, sha256 } = headOf(envelope);
    expect(() => freshness.requireFresh(seq, sha256)).toThrow(/more than 10 min ago.*old\.$/);
    freshness.tell(new Date(published));
    expect(() => freshness.requireFresh(seq, sha256)).toThrow(
      /This clock is 25 min ahead of the feed's: set it right\./,
    );
  });

  test('set back by somebody makes no old head young again', () => {
    let wall = published;
    let running = 0;
    const freshness = createFreshness({ keys, mode: 'required', wall: () => wall, monotonic: () => running });
    freshness.take(sealHead(headOf(envelope, new Date(published)), signer));
    const { seq, sha256 } = headOf(envelope);
    freshness.requireFresh(seq, sha256);
    running += 12 * MINUTE;
    wall -= 60 * MINUTE;
    expect(() => freshness.requireFresh(seq, sha256)).toThrow(/more than 10 min ago/);
  });

  test('a ruleset without any head is in doubt after a while, where heads are asked for', () => {
    for (const mode of ['required', 'when-offered'] as const) {
      let running = 0;
      const freshness = createFreshness({
        keys,
        mode,
        wall: () => published + running,
        monotonic: () => running,
      });
      expect(freshness.doubt(60, 'x', null)).toBeUndefined();
      running = 12 * MINUTE;
      expect(freshness.doubt(60, 'x', null) !== undefined).toBe(mode === 'required');
    }
  });

  test('a ruleset is in doubt when a newer one is known and does not come', () => {
    let running = 0;
    const freshness = createFreshness({
      keys,
      mode: 'required',
      wall: () => published + running,
      monotonic: () => running,
    });
    freshness.take(sealHead(headOf(envelope, new Date(published)), signer));
    expect(freshness.doubt(59, 'x', null)).toBeUndefined();
    running = 11_000;
    expect(freshness.doubt(59, 'x', new Date(published - 1))).toMatch(
      /Ruleset 59 was last known .*; 60 was at /,
    );
    expect(freshness.doubt(60, 'x', null)).toMatch(/; its number had another content at /);
    expect(freshness.doubt(61, 'x', null)).toBeUndefined();
  });
});

test('connect resolves within its time where everything that comes is refused', async () => {
  feed.head = 'none';
  feed.publishText(40, old());
  const { signer } = feed;
  const guard = await connect({
    feedUrl: feed.url,
    apiKey: TEST_KEY,
    publicKey: signer.publicKey,
    onEvent: () => {},
  });
  guards.push(guard);
  expect(guard.status().seq).toBe(0);
});
