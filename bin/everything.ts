import { env, setEnv } from '#lib/env';
import { addSecrets, checkSecretRules, loadEnvironment, ROOT } from './environment.ts';
import type { ProcessSpec } from './managed-process.ts';
import { type SupervisorOptions, supervise } from './supervisor.ts';
import { WEB_FLAGS } from './web-flags.mjs';

type Extras = Pick<SupervisorOptions, 'onReady'> & Partial<Pick<SupervisorOptions, 'prepare' | 'afterwards'>>;

/** web, worker and feed under one supervisor, and what a command adds to them. */
export async function superviseEverything(command: string, host: string, extras: Extras): Promise<void> {
  setEnv({ NODE_ENV: 'production' });
  const { PORT, FEED_PORT, DATABASE_URL, STOPGAP_DATA_DIR, STOPGAP_HOST } = loadEnvironment();
  await checkSecretRules();
  const listenOn = STOPGAP_HOST ?? host;
  setEnv({ STOPGAP_HOST: listenOn });
  return supervise({
    command,
    dataDir: STOPGAP_DATA_DIR,
    cwd: ROOT,
    host: listenOn,
    ports: [
      { port: PORT, variable: 'PORT' },
      { port: FEED_PORT, variable: 'FEED_PORT' },
    ],
    databaseUrl: DATABASE_URL,
    beforeAll: () => addSecrets(STOPGAP_DATA_DIR),
    processes: [alone('feed', FEED_PORT), alone('worker'), alone('web', PORT)],
    ...extras,
  });
}

function alone(name: string, port?: number): ProcessSpec {
  const health = port === undefined ? {} : { health: `http://${localHost()}:${port}/healthz` };
  return { name, command: [...(name === 'web' ? WEB_FLAGS : []), 'bin/stopgap.ts', name], ...health };
}

/** Where this machine reaches what listens on STOPGAP_HOST. */
export function localHost(): string {
  const host = env().STOPGAP_HOST ?? '0.0.0.0';
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
