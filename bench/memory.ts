import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Answers the message `memory` with the resident set in bytes after a full collection, so that two processes compare. */
export function answerMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('message', (message) => {
    if (message !== 'memory') return;
    collect();
    process.send?.({ kind: 'memory', rss: process.memoryUsage.rss() });
  });
}
