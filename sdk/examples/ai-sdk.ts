// Puts a guard around any model of the `ai` package, whole answers, streams and calls of tools alike.
import { connect } from '@stopgap/sdk';
import { stopgapMiddleware } from '@stopgap/sdk/ai';
import { type LanguageModel, streamText, wrapLanguageModel } from 'ai';

type Model = Exclude<LanguageModel, string>;

export async function answer(model: Model, prompt: string): Promise<string> {
  const guard = await connect({
    feedUrl: process.env.STOPGAP_FEED_URL ?? 'http://localhost:3001',
    apiKey: process.env.STOPGAP_FEED_KEY ?? '',
    publicKey: process.env.STOPGAP_PUBLIC_KEY, // npm run stopgap -- keys public
  });
  const guarded = wrapLanguageModel({
    model: model as Parameters<typeof wrapLanguageModel>[0]['model'],
    middleware: stopgapMiddleware(guard, { context: () => ({ tenant: 'acme', surface: 'chat' }) }),
  });
  const text = await streamText({ model: guarded, prompt }).text;
  await guard.close();
  return text;
}
