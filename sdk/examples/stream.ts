// Guards an answer while it is written: text goes out as soon as no live rule can still match it.
import { connect } from '@stopgap/sdk';

const guard = await connect({
  feedUrl: process.env.STOPGAP_FEED_URL ?? 'http://localhost:3001',
  apiKey: process.env.STOPGAP_FEED_KEY ?? '',
  publicKey: process.env.STOPGAP_PUBLIC_KEY, // npm run stopgap -- keys public
});

/** Stands in for a model that answers word by word. */
const answer = new ReadableStream<string>({
  start: (controller) => {
    for (const word of (process.argv[2] ?? 'print("hello")').match(/\S+\s*/g) ?? []) controller.enqueue(word);
    controller.close();
  },
});

const stream = guard.stream({ model: 'coder-2', language: 'python' });
await answer
  .pipeThrough(stream)
  .pipeTo(new WritableStream({ write: (text) => void process.stdout.write(text) }));
const { verdict } = await stream.decision;
console.log(`\n${verdict}`);
await guard.close();
