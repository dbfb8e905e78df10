// Decides whole answers from memory: `STOPGAP_FEED_URL=… STOPGAP_FEED_KEY=… node decide.ts "some completion"`
import { connect } from '@stopgap/sdk';

const guard = await connect({
  feedUrl: process.env.STOPGAP_FEED_URL ?? 'http://localhost:3001',
  apiKey: process.env.STOPGAP_FEED_KEY ?? '', // scope: feed
  publicKey: process.env.STOPGAP_PUBLIC_KEY, // npm run stopgap -- keys public
});
const completion = process.argv[2] ?? 'print("hello")';
const decision = guard.decide({ model: 'coder-2', language: 'python', completion });
const served = decision.verdict === 'block' ? decision.message : (decision.text ?? completion);
console.log(decision.verdict, served ?? '');
await guard.close();
