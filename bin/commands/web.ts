import { createServer } from 'node:http';
import { env, setEnv } from '#lib/env';
import { log } from '#lib/log';
import { endWith, ready } from '../child.ts';
import { addSecrets, checkSecretRules, findDatabase, loadEnvironment, ROOT } from '../environment.ts';
import { readFlags } from '../flags.ts';
import { listen } from '../listen.ts';
import { tellRewind } from '../rewind.ts';

const HEADERS_MS = 15_000;
const REQUEST_MS = 60_000;
/** Longer than the 60 s of common load balancers, so that they are the ones to close an idle connection. */
const KEEP_ALIVE_MS = 65_000;
const CLOSE_MS = 1_000;

/**
 * The Next.js app on a server of our own: we own its timeouts and its end. It was built before, or with `--dev` is
 * compiled as it is asked for, and again after every change.
 */
export async function web(args: string[]): Promise<undefined> {
  const { dev = false } = readFlags(args, { dev: { type: 'boolean' } });
  setEnv({ NODE_ENV: dev ? 'development' : 'production' });
  const { PORT, STOPGAP_HOST, STOPGAP_DATA_DIR } = loadEnvironment();
  await checkSecretRules();
  await findDatabase();
  await addSecrets(STOPGAP_DATA_DIR);
  void tellRewind();
  const host = STOPGAP_HOST ?? '0.0.0.0';

  const { default: next } = await import('next');
  const app = next({ dev, dir: ROOT, hostname: host, port: PORT });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      // A client may write this header itself; without a proxy in front only the socket tells the truth.
      if (env().STOPGAP_TRUST_PROXY !== '1')
        request.headers['x-forwarded-for'] = request.socket.remoteAddress;
      void handle(request, response);
    },
  );
  if (dev) server.on('upgrade', app.getUpgradeHandler());
  endWith(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Live streams never end by themselves.
    setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
    await closed;
    await app.close();
  });
  await listen(server, PORT, host);
  log('info', 'web serves', { port: PORT, host, address: env().NEXTAUTH_URL });
  ready();
  await new Promise(() => undefined);
}
