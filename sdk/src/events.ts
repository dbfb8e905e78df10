import type { SnapshotErrorCode } from './snapshot.ts';

/** What a guard tells its owner, for logs and alerts. `reason` and `message` are plain sentences. */
export type GuardEvent =
  | { type: 'active'; seq: number; rules: number; source: 'feed' | 'disk' }
  | { type: 'failed'; seq: number; code: SnapshotErrorCode | 'key'; reason: string }
  | { type: 'stale'; seq: number; reason: string }
  | { type: 'connected' }
  | { type: 'disconnected'; reason: string; retryMs: number }
  | { type: 'unauthorized'; status: number; message: string; retryMs: number }
  | { type: 'report_failed'; reason: string }
  | { type: 'key_pinned'; keyId: string }
  | { type: 'disk'; message: string };
