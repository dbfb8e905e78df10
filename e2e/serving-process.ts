import { createInterface } from 'node:readline';
import { createGuard } from '@stopgap/sdk';

// A serving layer as its operator would write it: the built SDK in a process of its own. Asks come in as JSON
// lines on standard input, decisions go out on standard output.

const { FEED_URL = '', FEED_KEY = '', INSTANCE_ID = 'serving', GOOD_DIR = '' } = process.env;

const guard = createGuard({
  feedUrl: FEED_URL,
  apiKey: FEED_KEY,
  instanceId: INSTANCE_ID,
  labels: { region: 'test' },
  dir: GOOD_DIR || undefined,
});
await guard.start();
console.log(JSON.stringify({ ready: guard.status() }));

for await (const line of createInterface({ input: process.stdin })) {
  const { ask, request } = JSON.parse(line);
  console.log(
    JSON.stringify({ ask, decision: guard.decide(request), status: guard.status(), at: Date.now() }),
  );
}
await guard.close();
