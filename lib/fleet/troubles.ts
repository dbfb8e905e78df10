import { clockLabel } from '#lib/time';
import { SKEW_COUNTS_MS, SKEW_SHOWN_MS } from './schema.ts';
import { SHOWN_STATES, type ShownState } from './shown-states.ts';

type Seen = {
  id: string;
  name: string | null;
  state: ShownState;
  reason: string | null;
  activeSeq: number;
  lastSeenAt: Date;
  clockSkewMs: number | null;
};

/** `text` follows the instance's name unless it is a whole sentence, as of the fleet itself; `lastSeenAt` is null for one never heard. */
export type Trouble = { instanceId: string | null; text: string; isWhole?: boolean; lastSeenAt: Date | null };

const goesOn = (seq: number) => (seq > 0 ? `it still enforces ruleset ${seq}` : 'it enforces nothing yet');

/** What is wrong with whom, in plain words that follow the instance's name; the worst first. */
export function troubles(instances: Seen[], newestSeq: number): Trouble[] {
  return [...instances]
    .sort((a, b) => SHOWN_STATES.indexOf(a.state) - SHOWN_STATES.indexOf(b.state) || (a.id < b.id ? -1 : 1))
    .flatMap((instance) => {
      const { id, lastSeenAt } = instance;
      return [wrong(instance, newestSeq), twin(instance), clockOff(instance)].flatMap((text) =>
        text ? [{ instanceId: id, text, isWhole: instance.state === 'gone', lastSeenAt }] : [],
      );
    });
}

function wrong({ state, reason, activeSeq }: Seen, newestSeq: number): string | null {
  switch (state) {
    case 'failed':
      return `could not load the ruleset it was sent, so ${goesOn(activeSeq)}. It says: ${reason ?? 'no reason given'}`;
    case 'lagging':
      return `has not taken ruleset ${newestSeq}; ${goesOn(activeSeq)}.${reason ? ` It says: ${reason}` : ''}`;
    case 'gone':
      return `silent, not confirmed. Stopped, or cut off and still serving ruleset ${activeSeq}. Retire what is known to be gone.`;
    case 'stale':
      return `has a ruleset past its validity and hears nothing newer; ${goesOn(activeSeq)}.`;
    case 'ahead':
      return (
        `enforces ${activeSeq > newestSeq ? `ruleset ${activeSeq}, which is ahead of` : `a ruleset ${activeSeq} of another content than that of`} this database (${newestSeq}): the database was restored from an ` +
        `older copy, or the instance follows another one. It keeps its rules. Check which rules should be live, then publish: ` +
        `the next number lies above ${activeSeq}, so the instance takes it.`
      );
    case 'active':
      return reason ? `has ruleset ${activeSeq}, the newest, and reports trouble since: ${reason}` : null;
    default:
      return null;
  }
}

/** Both are shown; which is which only they know. */
function twin({ name, state }: Seen): string | null {
  return name === null || state === 'gone'
    ? null
    : `is another process that calls itself “${name}”. Give each a name of its own (instanceId).`;
}

/** Rules begin and end by the instance's own clock. */
function clockOff({ state, clockSkewMs }: Seen): string | null {
  if (clockSkewMs === null || Math.abs(clockSkewMs) <= SKEW_SHOWN_MS || state === 'gone') return null;
  const size = clockLabel(Math.abs(clockSkewMs));
  const isAhead = clockSkewMs > 0;
  const off = `has a clock ${size} ${isAhead ? 'ahead' : 'behind'}: rules begin and end ${size} too ${isAhead ? 'early' : 'late'} there.`;
  return Math.abs(clockSkewMs) > SKEW_COUNTS_MS
    ? `${off} While that makes a difference, it does not count as enforcing the rule.`
    : off;
}
