import { get } from 'node:http';
import { createGuard } from '#sdk/guard';
import { monotonicMs } from './child.ts';

/**
 * Many instances in one process: real SDK guards on the feed, and as many plain readers on the bare server that
 * only look for the end of an event. Sends one message per round with the time each of them had it.
 */
const { FEED_URL = '', BARE_URL = '', API_KEY = '', NAME = '', COUNT = '0' } = process.env;
const count = Number(COUNT);

const active = new Map<number, number[]>();
function onActive(seq: number): void {
  const times = active.get(seq) ?? [];
  active.set(seq, times);
  times.push(monotonicMs());
  if (times.length === count) process.send?.({ kind: 'stopgap', seq, times });
}

let readTimes: number[] = [];
function onRead(): void {
  readTimes.push(monotonicMs());
  if (readTimes.length < count) return;
  process.send?.({ kind: 'bare', times: readTimes });
  readTimes = [];
}

function openBare(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(BARE_URL, { agent: false }, (response) => {
      let last = 0;
      response.on('data', (chunk: Buffer) => {
        const end = chunk.at(-1);
        const before = chunk.length > 1 ? chunk.at(-2) : last;
        if (end === 10 && before === 10) onRead();
        last = end ?? 0;
      });
      resolve();
    });
    request.on('error', reject);
  });
}

const guards = Array.from({ length: count }, (_, index) =>
  createGuard({
    feedUrl: FEED_URL,
    apiKey: API_KEY,
    instanceId: `${NAME}-${index}`,
    onEvent: (event) => {
      if (event.type === 'active') onActive(event.seq);
      if (event.type === 'failed') console.error(`${NAME}-${index} failed: ${event.reason}`);
    },
  }),
);
await Promise.all(guards.map((guard) => guard.start()));
// A hundred guards in one process compile the first ruleset a hundred times.
await Promise.all(guards.map((guard) => guard.waitForSeq(1, 30_000)));
await Promise.all(Array.from({ length: count }, openBare));
process.send?.({ kind: 'ready', active: guards.filter((guard) => guard.status().seq > 0).length });

process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
// Guards let a process end; this one waits to be told.
setInterval(() => undefined, 60_000);
