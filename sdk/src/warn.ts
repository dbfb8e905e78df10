import type { GuardEvent } from './events.ts';

/** The same sentence is said no more often. */
const SILENT_MS = 60_000;

/** What an operator has to know, as one sentence; null for what goes as it should. */
function sentenceOf(event: GuardEvent): string | null {
  switch (event.type) {
    case 'no_ruleset':
    case 'stale':
    case 'unconfirmed':
    case 'forked':
    case 'judge_failed':
    case 'report_failed':
      return event.reason;
    case 'failed':
      if (event.code === 'freshness') return `${event.reason} Nothing is enforced.`;
      return `Ruleset ${event.seq} was not loaded, the one before goes on. ${event.reason}`;
    case 'disconnected':
      return `No connection to the feed: ${event.reason}`;
    case 'unauthorized':
      return `The feed refused this key (${event.status}): ${event.message}`;
    case 'breaker_open':
      return `${event.ref} was demoted to shadow in this process. ${event.reason}`;
    case 'rule_alarm':
      return `${event.ref} needs a look. ${event.reason}`;
    case 'samples_dropped':
      return `${event.count} sampled interactions were let go of: the feed did not take them.`;
    case 'disk':
    case 'unknown_field':
      return event.message;
    case 'active':
    case 'connected':
    case 'key_pinned':
      return null;
  }
}

/** Listens where nobody else does: a guard that cannot do its work must not keep quiet about it. */
export function createWarner(
  warn: (line: string) => void = console.warn,
  monotonic: () => number = () => performance.now(),
): (event: GuardEvent) => void {
  const said = new Map<string, number>();
  return (event) => {
    const sentence = sentenceOf(event);
    if (sentence === null) return;
    const now = monotonic();
    for (const [known, at] of said) if (now - at >= SILENT_MS) said.delete(known);
    if (said.has(sentence)) return;
    said.set(sentence, now);
    warn(`stopgap: ${sentence}`);
  };
}
