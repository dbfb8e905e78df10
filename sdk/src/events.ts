import type { SnapshotErrorCode } from './snapshot.ts';

/** What a guard tells its owner, for logs and alerts. `reason` and `message` are plain sentences. */
export type GuardEvent =
  | { type: 'active'; seq: number; rules: number; source: 'feed' | 'disk' }
  | { type: 'failed'; seq: number; code: SnapshotErrorCode | 'key'; reason: string }
  /** One number came with two signed contents: its publisher's database was restored, or its key is in two places. */
  | { type: 'forked'; seq: number; reason: string }
  | { type: 'stale'; seq: number; reason: string }
  /** Nothing says any more that the ruleset is the newest: no head came for long, or one of a newer ruleset did. It goes on. */
  | { type: 'unconfirmed'; seq: number; reason: string }
  /** The guard has started and has nothing to enforce yet. */
  | { type: 'no_ruleset'; reason: string }
  | { type: 'connected' }
  | { type: 'disconnected'; reason: string; retryMs: number }
  | { type: 'unauthorized'; status: number; message: string; retryMs: number }
  /** A rule that fails on texts of its own was demoted to shadow in this process; it stays so until it comes in another form. */
  | { type: 'breaker_open'; ruleId: string; ref: string; reason: string }
  /** Something about a rule is out of the ordinary: it hits far above its limit, is slow, or fails on texts. It goes on as it is. */
  | { type: 'rule_alarm'; ruleId: string; ref: string; reason: string }
  /** A request had a field that no request has, told once for each name: no rule sees what it holds. */
  | { type: 'unknown_field'; field: string; message: string }
  /** A decision or a stream could not be judged; the fail modes of the rules in its scope were applied. */
  | { type: 'judge_failed'; reason: string }
  | { type: 'report_failed'; reason: string }
  /** `count` sampled interactions were let go of, because the feed did not take them in time or at all. */
  | { type: 'samples_dropped'; count: number }
  | { type: 'key_pinned'; keyId: string }
  | { type: 'disk'; message: string };
