// Guards an answer while it is written: text goes out as soon as no live rule can still match it.
import { connect } from '@stopgap/sdk';

const guard = await connect({
  feedUrl: process.env.STOPGAP_FEED_URL ?? 'http://localhost:3001',
  apiKey: process.env.STOPGAP_KEY ?? '',
});

/** Stands in for a model that answers word by word. */
const answer = ReadableStream.from((process.argv[2] ?? 'print("hello")').match(/\S+\s*/g) ?? []);

const stream = guard.stream({ model: 'coder-2', language: 'python' });
for await (const text of answer.pipeThrough(stream)) process.stdout.write(text);
const { verdict } = await stream.decision;
console.log(`\n${verdict}`);
await guard.close();
