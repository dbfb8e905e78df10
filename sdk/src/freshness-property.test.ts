import { expect, test } from 'vitest';
import { createFreshness } from './freshness.ts';
import { HEAD_MAX_AGE_MS } from './head.ts';
import { CLOCK_SKEW_MS } from './report.ts';
import { parsePublicKey } from './snapshot.ts';
import { makeSigner, sealHead } from './testing/feed.ts';
import { type Random, randomFrom } from './testing/patterns.ts';

// Whoever stands between has kept everything that was ever signed, and sends any of it in any order at any time.

const signer = makeSigner();
const keys = () => [parsePublicKey(signer.publicKey)];
const WINDOW_MS = HEAD_MAX_AGE_MS + CLOCK_SKEW_MS;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 31);
const sha = (seq: number) => seq.toString(16).padStart(64, '0');
const below = (random: Random, limit: number) => Math.floor(random() * limit);

/** Publishes at most 40 minutes apart; head after head, one each half minute. */
function makeHistory(random: Random) {
  const published = [START];
  for (let left = 2 + below(random, 10); left > 0; left--) {
    published.push((published.at(-1) ?? START) + below(random, 40 * MINUTE));
  }
  const newestAt = (time: number) => published.filter((at) => at <= time).length;
  const headAt = (time: number) => {
    const at = START + Math.floor((time - START) / 30_000) * 30_000;
    const seq = newestAt(at);
    return sealHead({ seq, sha256: sha(seq), at: new Date(at) }, signer);
  };
  /** Of a clock that runs ahead: signed now, for a time to come. */
  const headAhead = (now: number) => {
    const seq = 1 + below(random, newestAt(now));
    const at = new Date(now + (5 + 1 + below(random, 180)) * MINUTE);
    return sealHead({ seq, sha256: sha(seq), at }, signer);
  };
  return { newestAt, headAt, headAhead };
}

test('what an instance that starts accepts was the newest within ten minutes and the skew, whatever is replayed', () => {
  let accepted = 0;
  for (let seed = 1; seed <= 80; seed++) {
    const random = randomFrom(seed);
    const { newestAt, headAt, headAhead } = makeHistory(random);
    let now = START + below(random, 300 * MINUTE);
    const clock = { wall: () => now, monotonic: () => now - START };
    const freshness = createFreshness({ keys, mode: 'required', ...clock });
    for (let moves = 1 + below(random, 25); moves > 0; moves--) {
      now += below(random, 15 * MINUTE);
      freshness.take(headAt(START + random() * (now - START)));
      if (random() < 0.2) freshness.take(headAhead(now));
      const offered = 1 + below(random, newestAt(now));
      try {
        freshness.requireFresh(offered, sha(offered));
      } catch {
        continue;
      }
      accepted++;
      expect(offered, `seed ${seed}`).toBeGreaterThanOrEqual(newestAt(now - WINDOW_MS));
    }
    // And what the feed itself would send is taken, whatever came before.
    freshness.take(headAt(now));
    freshness.requireFresh(newestAt(now), sha(newestAt(now)));
  }
  expect(accepted).toBeGreaterThan(30);
});
