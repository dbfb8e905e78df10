import { publicKeyBase64 } from '#lib/rulesets/signing';

/** The lines with which a process that serves completions becomes an instance, ready to be pasted. */
export function connectSnippet(feedUrl: string): string {
  return `import { createGuard } from '@stopgap/sdk';

const guard = createGuard({
  feedUrl: '${feedUrl}',
  apiKey: process.env.STOPGAP_FEED_KEY,
  publicKey: '${publicKeyBase64()}', // only rulesets of this Stopgap, and no old ones
  labels: { region: 'eu' }, // the fleet page groups by region
  dir: './stopgap-last-good',
});
await guard.start();

const decision = guard.decide({ model: 'my-model', language: 'python', prompt, completion });
if (decision.verdict === 'block') completion = '';`;
}
