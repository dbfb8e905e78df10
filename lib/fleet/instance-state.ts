import { GONE_AFTER_MS, LAG_AFTER_MS } from './schema.ts';
import type { ShownState } from './shown-states.ts';

export { SHOWN_STATES, type ShownState } from './shown-states.ts';

type Reported = { state: string; activeSeq: number; lastSeenAt: Date };
type Newest = { seq: number; publishedAt: Date } | null;

/** Whether it has a ruleset that this database never published: the database was restored from an older copy. */
export const isAhead = ({ activeSeq }: Pick<Reported, 'activeSeq'>, newestSeq: number): boolean =>
  activeSeq > newestSeq;

/**
 * What an instance is right now: what it last said, how long it has been silent, and how far the newest
 * ruleset is ahead of it. Silence outweighs its last words, since they no longer hold. One that is ahead refuses
 * whatever is older, so that it failed to load that says less than why.
 */
export function instanceState(instance: Reported, newest: Newest, now: Date): ShownState {
  if (now.getTime() - instance.lastSeenAt.getTime() > GONE_AFTER_MS) return 'gone';
  if (isAhead(instance, newest?.seq ?? 0)) return 'ahead';
  if (instance.state === 'failed') return 'failed';
  if (newest && instance.activeSeq < newest.seq) {
    return now.getTime() - newest.publishedAt.getTime() > LAG_AFTER_MS ? 'lagging' : 'adopting';
  }
  return instance.state === 'stale' ? 'stale' : 'active';
}
