import { GONE_AFTER_MS, LAG_AFTER_MS } from './schema.ts';
import type { ShownState } from './shown-states.ts';

export { SHOWN_STATES, type ShownState } from './shown-states.ts';

type Reported = {
  state: string;
  activeSeq: number;
  lastSeenAt: Date;
  closedAt: Date | null;
  retiredAt: Date | null;
  /** What it has active is not the content that this number has here. */
  isOtherContent: boolean;
};
type Newest = { seq: number; publishedAt: Date } | null;

/** Whether it has a ruleset that this database never published: the database was restored from an older copy. */
const isAhead = (
  { activeSeq, isOtherContent }: Pick<Reported, 'activeSeq' | 'isOtherContent'>,
  newestSeq: number,
): boolean => isOtherContent || activeSeq > newestSeq;

/**
 * What an instance is right now: what it last said, how long it has been silent, and how far the newest
 * ruleset is ahead of it. Silence outweighs its last words, since they no longer hold. What runs the newest ruleset is
 * active, also where it could not load something since: that is a remark.
 */
export function instanceState(instance: Reported, newest: Newest, now: Date): ShownState {
  if (instance.retiredAt) return 'retired';
  if (instance.closedAt) return 'closed';
  if (now.getTime() - instance.lastSeenAt.getTime() > GONE_AFTER_MS) return 'gone';
  if (isAhead(instance, newest?.seq ?? 0)) return 'ahead';
  if (newest && instance.activeSeq < newest.seq) {
    if (instance.state === 'failed') return 'failed';
    return now.getTime() - newest.publishedAt.getTime() > LAG_AFTER_MS ? 'lagging' : 'adopting';
  }
  if (instance.state === 'failed' && instance.activeSeq === 0) return 'failed';
  return instance.state === 'stale' ? 'stale' : 'active';
}
