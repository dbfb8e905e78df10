import { env } from '#lib/env';
import { superviseEverything } from '../everything.ts';
import { readFlags } from '../flags.ts';
import { print } from '../progress.mjs';

/** The real thing: no made-up people, no traffic. The first start prints the way to the first admin. */
export async function start(args: string[]): Promise<undefined> {
  readFlags(args, {});
  await superviseEverything('start', '0.0.0.0', { onReady: welcome });
}

async function welcome(): Promise<void> {
  const [{ issueSetupToken }, { db }] = await Promise.all([
    import('#lib/users/mutations'),
    import('#lib/db'),
  ]);
  const token = await issueSetupToken().finally(() => db.$disconnect());
  const { PORT, FEED_PORT, NEXTAUTH_URL, STOPGAP_DATA_DIR } = env();
  const address = NEXTAUTH_URL ?? `http://localhost:${PORT}`;
  print();
  print(`  Stopgap     ${address}`);
  print(`  Rule feed   http://localhost:${FEED_PORT}`);
  print(`  Data, logs  ${STOPGAP_DATA_DIR}`);
  if (token !== null) {
    print();
    print('  There is no admin yet. Make the first one here (this address works once):');
    print(`  ${address}/setup?token=${token}`);
  }
  print();
  print('  Ctrl-C stops everything.');
}
