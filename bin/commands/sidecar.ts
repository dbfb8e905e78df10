import path from 'node:path';
import { z } from 'zod';
import { log } from '#lib/log';
import { startSidecar } from '#sidecar/server';
import { endWith, ready } from '../child.ts';
import { loadEnvironment } from '../environment.ts';
import { withFeedKey } from '../feed-key.ts';
import { readFlags } from '../flags.ts';
import { listenProblem } from '../listen.ts';
import { PlainError } from '../plain-error.ts';

const FLAGS = {
  feed: { type: 'string' },
  'public-key': { type: 'string' },
  key: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  'instance-id': { type: 'string' },
  label: { type: 'string', multiple: true },
  fail: { type: 'string' },
  'on-unreadable': { type: 'string' },
  freshness: { type: 'string' },
  'head-max-age': { type: 'string' },
  'agentgateway-path': { type: 'string' },
} as const;

/** Flags win over these variables; the token comes by variable alone. */
const settingsSchema = z.object({
  STOPGAP_FEED_URL: z.url({
    protocol: /^https?$/,
    error: 'is needed: the address of the feed or of a relay',
  }),
  STOPGAP_FEED_KEY: z.string({ error: 'is needed: a key with the scope feed' }).min(1),
  STOPGAP_PUBLIC_KEY: z.string().optional(),
  STOPGAP_SIDECAR_HOST: z.string().default('127.0.0.1'),
  STOPGAP_SIDECAR_PORT: z.coerce.number().int().min(0).max(65_535).default(3020),
  STOPGAP_SIDECAR_TOKEN: z.string().min(16, 'needs 16 characters or more').optional(),
  STOPGAP_SIDECAR_FAIL: z.enum(['open', 'closed']).default('open'),
  STOPGAP_SIDECAR_ON_UNREADABLE: z.enum(['count', 'refuse']).default('count'),
  STOPGAP_FRESHNESS: z.enum(['required', 'when-offered']).optional(),
  STOPGAP_HEAD_MAX_AGE_S: z.coerce.number().int().min(1).max(31_536_000).optional(),
  STOPGAP_SIDECAR_DIR: z.string().optional(),
  STOPGAP_SIDECAR_ID: z.string().max(200).optional(),
  STOPGAP_SIDECAR_AGENTGATEWAY_PATH: z.string().default(''),
});

/** Decisions over local HTTP for serving layers in other languages. Needs no database. */
export async function sidecar(args: string[]): Promise<undefined> {
  const flags = readFlags(args, FLAGS);
  const { STOPGAP_DATA_DIR } = loadEnvironment();
  const given = {
    ...Object.fromEntries(Object.entries(withFeedKey(process.env)).filter(([, value]) => value !== '')),
    ...defined({
      STOPGAP_FEED_URL: flags.feed,
      STOPGAP_PUBLIC_KEY: flags['public-key'],
      STOPGAP_FEED_KEY: flags.key,
      STOPGAP_SIDECAR_PORT: flags.port,
      STOPGAP_SIDECAR_HOST: flags.host,
      STOPGAP_SIDECAR_DIR: flags['data-dir'],
      STOPGAP_SIDECAR_ID: flags['instance-id'],
      STOPGAP_SIDECAR_FAIL: flags.fail,
      STOPGAP_SIDECAR_ON_UNREADABLE: flags['on-unreadable'],
      STOPGAP_FRESHNESS: flags.freshness,
      STOPGAP_HEAD_MAX_AGE_S: flags['head-max-age'],
      STOPGAP_SIDECAR_AGENTGATEWAY_PATH: flags['agentgateway-path'],
    }),
  };
  const result = settingsSchema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new PlainError(`${problems.join('; ')}. Try: npm run stopgap -- help`, 2);
  }
  const settings = result.data;
  const { STOPGAP_SIDECAR_HOST: host, STOPGAP_SIDECAR_PORT: port, STOPGAP_SIDECAR_TOKEN: token } = settings;
  const { STOPGAP_HEAD_MAX_AGE_S: headMaxAgeS } = settings;
  const running = await startSidecar({
    host,
    port,
    token,
    fail: settings.STOPGAP_SIDECAR_FAIL,
    onUnreadable: settings.STOPGAP_SIDECAR_ON_UNREADABLE,
    agentgatewayPath: settings.STOPGAP_SIDECAR_AGENTGATEWAY_PATH,
    guard: {
      feedUrl: settings.STOPGAP_FEED_URL,
      apiKey: settings.STOPGAP_FEED_KEY,
      publicKey: settings.STOPGAP_PUBLIC_KEY,
      freshness: settings.STOPGAP_FRESHNESS,
      headMaxAgeMs: headMaxAgeS === undefined ? undefined : headMaxAgeS * 1_000,
      instanceId: settings.STOPGAP_SIDECAR_ID,
      labels: labelsOf(flags.label ?? []),
      dir: path.resolve(settings.STOPGAP_SIDECAR_DIR ?? path.join(STOPGAP_DATA_DIR, 'sidecar')),
      onEvent: ({ type, ...fields }) => log(type === 'active' ? 'info' : 'warn', `ruleset: ${type}`, fields),
    },
  }).catch((error) => {
    throw listenProblem(error, port, 'STOPGAP_SIDECAR_PORT');
  });
  endWith(running.close);
  if (token === undefined && !/^(127\.|::1$|localhost$)/.test(host)) {
    log('warn', 'sidecar: anybody who reaches this port may ask; set STOPGAP_SIDECAR_TOKEN', { host });
  }
  log('info', 'sidecar serves', { port: running.port, host });
  ready();
  await new Promise(() => undefined);
}

/** `--label region=eu`, as often as there are labels. */
function labelsOf(words: string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', ...value] = word.split('=');
      if (name === '' || value.length === 0)
        throw new PlainError(`--label needs NAME=VALUE, not "${word}".`, 2);
      return [name, value.join('=')];
    }),
  );
}

const defined = (values: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
