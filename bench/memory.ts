import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Answers the message `memory` with the resident set in bytes after a full collection that also gives pages back,
 * so that what two processes hold is compared and not when each of them cleans up.
 */
export function answerMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  process.on('message', (message) => {
    if (message !== 'memory') return;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    const { rss } = process.memoryUsage();
    process.send?.({ kind: 'memory', rss });
  });
}
