import { startFeed } from '#feed/server';
import { log } from '#lib/log';
import { endWith, ready } from '../child.ts';
import { findDatabase, loadEnvironment } from '../environment.ts';
import { readFlags } from '../flags.ts';
import { listenProblem } from '../listen.ts';
import { watchOpenFiles } from '../open-files.ts';
import { tellRewind } from '../rewind.ts';

/** The rule feed alone; serving instances, OPA agents and gateways follow it. */
export async function feed(args: string[]): Promise<undefined> {
  readFlags(args, {});
  const { FEED_PORT, STOPGAP_HOST } = loadEnvironment();
  await findDatabase();
  void tellRewind();
  const host = STOPGAP_HOST ?? '0.0.0.0';
  const running = await startFeed({ port: FEED_PORT, host }).catch((error) => {
    throw listenProblem(error, FEED_PORT, 'FEED_PORT');
  });
  endWith(running.close);
  watchOpenFiles('feed');
  log('info', 'feed serves', { port: running.port, host });
  ready();
  await new Promise(() => undefined);
}
