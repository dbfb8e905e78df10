import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { log } from '#lib/log';
import { startRelay } from '#relay/server';
import { endWith, ready } from '../child.ts';
import { loadEnvironment } from '../environment.ts';
import { withFeedKey } from '../feed-key.ts';
import { readFlags } from '../flags.ts';
import { listenProblem } from '../listen.ts';
import { watchOpenFiles } from '../open-files.ts';
import { PlainError } from '../plain-error.ts';

const FLAGS = {
  feed: { type: 'string' },
  'public-key': { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  id: { type: 'string' },
  label: { type: 'string', multiple: true },
} as const;

/** Flags win over these variables; the key comes by variable alone. */
const settingsSchema = z.object({
  STOPGAP_FEED_URL: z.url({
    protocol: /^https?$/,
    error: 'is needed: the address of the feed or of another relay',
  }),
  STOPGAP_FEED_KEY: z.string({ error: 'is needed: a key with the scope feed' }).min(1),
  STOPGAP_PUBLIC_KEY: z.string().optional(),
  STOPGAP_RELAY_HOST: z.string().default('0.0.0.0'),
  STOPGAP_RELAY_PORT: z.coerce.number().int().min(0).max(65_535).default(3011),
  STOPGAP_RELAY_DIR: z.string().optional(),
  STOPGAP_RELAY_ID: z.string().max(200).optional(),
});

/** Serves what it follows to further instances and relays, and passes their reports on. Needs no database. */
export async function relay(args: string[]): Promise<undefined> {
  const flags = readFlags(args, FLAGS);
  const { STOPGAP_DATA_DIR, STOPGAP_METRICS_TOKEN: metricsToken } = loadEnvironment();
  const words = {
    STOPGAP_FEED_URL: flags.feed,
    STOPGAP_PUBLIC_KEY: flags['public-key'],
    STOPGAP_RELAY_HOST: flags.host,
    STOPGAP_RELAY_PORT: flags.port,
    STOPGAP_RELAY_DIR: flags['data-dir'],
    STOPGAP_RELAY_ID: flags.id,
  };
  const isSet = ([, value]: [string, string | undefined]) => value !== undefined && value !== '';
  const result = settingsSchema.safeParse({
    ...Object.fromEntries(Object.entries(withFeedKey(process.env)).filter(isSet)),
    ...Object.fromEntries(Object.entries(words).filter(isSet)),
  });
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new PlainError(`${problems.join('; ')}. Try: npm run stopgap -- help`, 2);
  }
  const settings = result.data;
  const { STOPGAP_RELAY_HOST: host, STOPGAP_RELAY_PORT: port } = settings;
  const running = await startRelay({
    host,
    port,
    metricsToken,
    feedUrl: settings.STOPGAP_FEED_URL,
    apiKey: settings.STOPGAP_FEED_KEY,
    publicKey: settings.STOPGAP_PUBLIC_KEY,
    relayId: settings.STOPGAP_RELAY_ID ?? `relay-${hostname()}-${port}`,
    labels: labelsOf(flags.label ?? []),
    dir: path.resolve(settings.STOPGAP_RELAY_DIR ?? path.join(STOPGAP_DATA_DIR, 'relay')),
  }).catch((error) => {
    throw listenProblem(error, port, 'STOPGAP_RELAY_PORT');
  });
  endWith(running.close);
  watchOpenFiles('relay');
  log('info', 'relay serves', { port: running.port, host, seq: running.seq() });
  ready();
  await new Promise(() => undefined);
}

function labelsOf(words: string[]): Record<string, string> {
  const pairs = words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new PlainError(`Cannot read the label "${word}"; labels are --label NAME=VALUE.`, 2);
    return [word.slice(0, at), word.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
