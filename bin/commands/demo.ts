import path from 'node:path';
import { PEOPLE } from '#demo/people';
import { env, setEnv } from '#lib/env';
import { localHost, superviseEverything } from '../everything.ts';
import { readFlags } from '../flags.ts';
import type { ProcessSpec } from '../managed-process.ts';
import { print } from '../progress.mjs';

const WAVE_AFTER_MS = 75_000;

/** Everything with made-up people, a past, and a small simulated code assistant that keeps sending. */
export async function demo(args: string[]): Promise<undefined> {
  readFlags(args, {});
  setEnv({ STOPGAP_DEMO: '1' });
  // Everybody may sign in with one click, so it keeps to this machine unless told otherwise.
  await superviseEverything('demo', '127.0.0.1', {
    prepare: {
      label: 'Filling in people and a past',
      done: 'People and a past are there',
      process: { name: 'seed', command: ['demo/seed.ts'] },
    },
    afterwards: servingLayer,
    onReady: welcome,
  });
}

function servingLayer(): ProcessSpec {
  const web = `http://${localHost()}:${env().PORT}`;
  const feed = `http://${localHost()}:${env().FEED_PORT}`;
  // A point in time, so that a serving layer that was killed does not put the wave off.
  const waveAt = String(Date.now() + WAVE_AFTER_MS);
  return { name: 'serving', command: ['demo/serving.ts', '--web', web, '--feed', feed, '--wave-at', waveAt] };
}

async function welcome(): Promise<void> {
  const { PORT, FEED_PORT, NEXTAUTH_URL, STOPGAP_DATA_DIR } = env();
  const address = NEXTAUTH_URL ?? `http://localhost:${PORT}`;
  print();
  print(`  Stopgap     ${address}`);
  print(`  Rule feed   http://localhost:${FEED_PORT}, followed by 12 simulated serving instances`);
  print(`  Data, logs  ${path.relative(process.cwd(), STOPGAP_DATA_DIR) || STOPGAP_DATA_DIR}`);
  print();
  print('  Sign in with one click as');
  for (const { name, role, shown } of PEOPLE) {
    if (shown) print(`    ${`${name}, ${role}`.padEnd(28)} ${address}/demo-sign-in?as=${role}`);
  }
  print();
  print(
    '  Try: as the reviewer, decide what waits in the queue; in a minute a wave of one bad idiom comes in.',
  );
  print(
    '  Declare it an incident, draft a rule as the commander; sign out, and another commander approves and publishes it.',
  );
  print();
  print('  Ctrl-C stops everything.');
  print();
}
