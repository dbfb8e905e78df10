import { startWorker } from '#worker/main';
import { endWith, ready } from '../child.ts';
import { checkSecretRules, findDatabase, loadEnvironment } from '../environment.ts';
import { readFlags } from '../flags.ts';
import { tellRewind } from '../rewind.ts';

/** The background jobs; any number of copies may run. */
export async function worker(args: string[]): Promise<undefined> {
  readFlags(args, {});
  loadEnvironment();
  await checkSecretRules();
  await findDatabase();
  void tellRewind();
  const running = startWorker({ onReady: ready });
  endWith(running.stop);
  await new Promise(() => undefined);
}
