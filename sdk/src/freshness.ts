import type { KeyObject } from 'node:crypto';
import { createRuleClock } from './clock.ts';
import { HEAD_MAX_AGE_MS, type Head, isFromFuture, openHead } from './head.ts';
import { CLOCK_SKEW_MS } from './report.ts';
import { SnapshotError } from './snapshot.ts';

/**
 * Whether a first ruleset needs a signed head. `when-offered` takes one without where no head was seen: for feeds or
 * relays that are older than heads.
 */
export type FreshnessMode = 'required' | 'when-offered';

export interface FreshnessOptions {
  keys: () => readonly KeyObject[];
  mode: FreshnessMode;
  /** How old a head may be, milliseconds; a minute of clock skew comes on top. Ten minutes unless told otherwise. */
  maxAgeMs?: number | undefined;
  wall?: () => number;
  monotonic?: () => number;
}

/** What is known of which ruleset is the newest. */
export interface Freshness {
  /** Takes a head as it came. True when it says something new; one that is not genuine, or older, says nothing. */
  take(text: string): boolean;
  /** The feed's clock as it answered: only ever named in reasons, for nobody signed it. */
  tell(feedTime: Date): void;
  /** Throws a `SnapshotError` that says why this may be an old ruleset; for one who has none to compare with. */
  requireFresh(seq: number, sha256: string): void;
  /** When the last head was signed, where it says that nothing newer than this ruleset existed; else null. */
  asOf(seq: number, sha256: string): Date | null;
  /**
   * Why nothing says any more that this ruleset is the newest; undefined while something does, and for a while after the
   * start. `lastAsOf` is when something last did.
   */
  doubt(seq: number, sha256: string, lastAsOf: Date | null): string | undefined;
}

/** A head and its ruleset come together, or by two ways one after the other. */
const APART_MS = 10_000;

const minutes = (ms: number) => `${Math.round(ms / 6_000) / 10} min`;

export function createFreshness(options: FreshnessOptions): Freshness {
  const { keys, mode, maxAgeMs = HEAD_MAX_AGE_MS, wall = Date.now } = options;
  const { monotonic = () => performance.now() } = options;
  const clock = createRuleClock(wall, monotonic);
  const startedAt = monotonic();
  let lastText: string | undefined;
  let newest: Head | undefined;
  /** The last one from the future: named in reasons, and nothing rests on it. */
  let fromFuture: Head | undefined;
  let newestSince = startedAt;
  let hasForged = false;
  let feedAheadMs = 0;

  const isOld = ({ at }: Head) => clock.now().getTime() - at.getTime() > maxAgeMs + CLOCK_SKEW_MS;

  /** This clock against the feed's, where that may be the cause. */
  const clockWords = () => {
    if (Math.abs(feedAheadMs) <= CLOCK_SKEW_MS) return '';
    const off = feedAheadMs < 0 ? 'ahead of' : 'behind';
    return ` This clock is ${minutes(Math.abs(feedAheadMs))} ${off} the feed's: set it right.`;
  };

  /** What the last head says, if nothing can rest on it. */
  const futureWords = () => {
    if (!fromFuture) return '';
    const ahead = minutes(fromFuture.at.getTime() - wall());
    return ` The last head that came was signed at ${fromFuture.at.toISOString()}, ${ahead} ahead of this clock: this clock is wrong, or the publisher's was.`;
  };

  /** Nothing newer existed when it was signed: a higher number was published since, or the database was restored. */
  const standsBehind = (head: Head, seq: number, sha256: string) =>
    head.seq < seq || (head.seq === seq && head.sha256 === sha256);

  const refusal = (seq: number, sha256: string): string | undefined => {
    if (fromFuture && (!newest || isOld(newest))) return `${futureWords().trim()}${clockWords()}`;
    if (!newest) {
      if (mode === 'when-offered' && !hasForged) return undefined;
      return hasForged
        ? 'The head that came with it was not signed by a trusted key.'
        : "No signed head came with it. The feed, or a relay on the way, may be older than this SDK: update it first, or set freshness to 'when-offered'.";
    }
    const when = newest.at.toISOString();
    if (isOld(newest)) {
      return `The newest head that came was signed at ${when}, more than ${minutes(maxAgeMs)} ago: the publisher cannot be reached from here, or somebody sends what is old.${clockWords()}`;
    }
    if (newest.seq > seq) return `Ruleset ${newest.seq} was the newest at ${when}.`;
    return standsBehind(newest, seq, sha256) ? undefined : `At ${when} it had another content.`;
  };

  return {
    take: (text) => {
      if (text === lastText) return false;
      const head = openHead(text, keys());
      if (!head) {
        hasForged = newest === undefined;
        return false;
      }
      hasForged = false;
      fromFuture = isFromFuture(head, wall()) ? head : undefined;
      if (fromFuture) return false;
      lastText = text;
      if (newest && head.at <= newest.at) return false;
      if (newest?.seq !== head.seq || newest.sha256 !== head.sha256) newestSince = monotonic();
      newest = head;
      clock.anchor(head.at.toISOString());
      return true;
    },
    tell: (feedTime) => {
      feedAheadMs = feedTime.getTime() - wall();
    },
    requireFresh: (seq, sha256) => {
      const why = refusal(seq, sha256);
      if (why === undefined) return;
      throw new SnapshotError('freshness', `Ruleset ${seq} may be an old one and was not taken. ${why}`, seq);
    },
    asOf: (seq, sha256) => (newest && standsBehind(newest, seq, sha256) ? newest.at : null),
    doubt: (seq, sha256, lastAsOf) => {
      const isBehind = newest !== undefined && !standsBehind(newest, seq, sha256);
      if (isBehind) {
        if (monotonic() - newestSince <= APART_MS) return undefined;
      } else if (newest) {
        if (!isOld(newest)) return undefined;
      } else if (mode !== 'required' || monotonic() - startedAt <= maxAgeMs + CLOCK_SKEW_MS) {
        return undefined;
      }
      const known = lastAsOf
        ? `was last known to be the newest at ${lastAsOf.toISOString()}`
        : 'is not known to be the newest';
      const what = newest?.seq === seq ? 'its number had another content' : `${newest?.seq} was`;
      const other = isBehind ? `; ${what} at ${newest?.at.toISOString()}` : '';
      return `Ruleset ${seq} ${known}${other}.${futureWords()}${clockWords()}`;
    },
  };
}
