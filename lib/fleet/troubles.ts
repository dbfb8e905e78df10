import type { ShownState } from './instance-state.ts';

type Seen = {
  id: string;
  state: ShownState;
  reason: string | null;
  activeSeq: number;
  lastSeenAt: Date;
};

/** `text` follows the instance's name unless it is a whole sentence; `lastSeenAt` is null for one never heard. */
export type Trouble = { instanceId: string; text: string; isWhole?: boolean; lastSeenAt: Date | null };

const ORDER: ShownState[] = ['ahead', 'failed', 'lagging', 'gone', 'stale', 'adopting', 'active'];

const goesOn = (seq: number) => (seq > 0 ? `it goes on enforcing ruleset ${seq}` : 'it enforces nothing yet');

/** What is wrong with whom, in plain words that follow the instance's name; the worst first. */
export function troubles(instances: Seen[], newestSeq: number): Trouble[] {
  return [...instances]
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.id < b.id ? -1 : 1))
    .flatMap((instance) => {
      const text = wrong(instance, newestSeq);
      return text ? [{ instanceId: instance.id, text, lastSeenAt: instance.lastSeenAt }] : [];
    });
}

function wrong({ state, reason, activeSeq }: Seen, newestSeq: number): string | null {
  switch (state) {
    case 'failed':
      return `could not load the ruleset it was sent, so ${goesOn(activeSeq)}. It says: ${reason ?? 'no reason given'}`;
    case 'lagging':
      return `has not taken ruleset ${newestSeq}; ${goesOn(activeSeq)}.`;
    case 'gone':
      return `is silent. It may have stopped, or be cut off and still serving by ruleset ${activeSeq}.`;
    case 'stale':
      return `has a ruleset past its validity and hears nothing newer; ${goesOn(activeSeq)}.`;
    case 'ahead':
      return (
        `enforces ruleset ${activeSeq}, which is ahead of this database (${newestSeq}): the database was restored from an ` +
        `older copy, or the instance follows another one. It keeps its rules. Check which rules should be live, then publish: ` +
        `the next number lies above ${activeSeq}, so the instance takes it.`
      );
    default:
      return null;
  }
}
