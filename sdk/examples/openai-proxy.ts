// A reverse proxy in front of any OpenAI-compatible service: clients change their base address and nothing else.
// `STOPGAP_FEED_URL=… STOPGAP_FEED_KEY=… UPSTREAM=https://model.internal PORT=8080 node openai-proxy.ts`
import { createServer } from 'node:http';
import { connect } from '@stopgap/sdk';
import { nodeHandler, proxyHandler } from '@stopgap/sdk/http';

const guard = await connect({
  feedUrl: process.env.STOPGAP_FEED_URL ?? 'http://localhost:3001',
  apiKey: process.env.STOPGAP_FEED_KEY ?? '',
  publicKey: process.env.STOPGAP_PUBLIC_KEY, // npm run stopgap -- keys public
});
const handler = proxyHandler({
  guard,
  upstream: process.env.UPSTREAM ?? 'http://localhost:8000',
  context: (request) => ({ tenant: request.headers.get('x-tenant'), tier: request.headers.get('x-tier') }),
});
const server = createServer(nodeHandler(handler));
server.listen(Number(process.env.PORT ?? 8080), () => {
  const address = server.address();
  console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
});
process.on('SIGTERM', () => {
  server.close();
  void guard.close();
});
