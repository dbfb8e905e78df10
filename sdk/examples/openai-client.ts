// Guards what an `openai` client sends and gets: `node openai-client.ts "a prompt"`
import { connect } from '@stopgap/sdk';
import { guardedFetch } from '@stopgap/sdk/http';
import OpenAI from 'openai';

const guard = await connect({
  feedUrl: process.env.STOPGAP_FEED_URL ?? 'http://localhost:3001',
  apiKey: process.env.STOPGAP_FEED_KEY ?? '',
  publicKey: process.env.STOPGAP_PUBLIC_KEY, // npm run stopgap -- keys public
});
const openai = new OpenAI({
  apiKey: process.env.OPENAI_API_KEY ?? 'none',
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://localhost:8000/v1',
  fetch: guardedFetch({ guard, context: () => ({ language: 'python' }) }),
});
const content = process.argv[2] ?? 'write something';
const stream = await openai.chat.completions.create({
  model: 'coder-2',
  messages: [{ role: 'user', content }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
await guard.close();
