import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { setEnv } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { type Child, monotonicMs, startChild } from './child.ts';
import { summary } from './quantile.ts';

const optionsSchema = z.strictObject({
  instances: z.coerce.number().int().min(2).max(1_000).default(200),
  rounds: z.coerce.number().int().min(1).max(200).default(30),
  /** Rules that are live before the first round. */
  rules: z.coerce.number().int().min(0).max(1_000).default(20),
});

const ROUND_MS = 10_000;
const PROCESSES = 2;
/** Between rounds, so that the reports of one are not the load of the next. */
const PAUSE_MS = 300;

const isPort = (message: unknown): message is { port: number } =>
  z.object({ port: z.number() }).safeParse(message).success;
const isReady = (message: unknown): message is { kind: 'ready'; active: number } =>
  z.object({ kind: z.literal('ready') }).safeParse(message).success;

type Times = { kind: string; seq?: number; times: number[] };
function isRound(kind: string, seq?: number) {
  return (message: unknown): message is Times => {
    const known = message as Partial<Times> | null;
    return known?.kind === kind && known.seq === seq;
  };
}

/**
 * Publish call to active in each of N real SDK instances, beside the same bytes fanned out by a bare node:http
 * server to N plain readers; rounds alternate. Everything is started here, on 127.0.0.1, and stopped here.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  // Runnable processes on the machine a minute ago: above the number of cores, others were measured too.
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const children: Child[] = [];
  const say = (text: string) => console.error(`publish: ${text}`);
  const start = (file: string, env?: Record<string, string>) => {
    const child = startChild(file, env);
    children.push(child);
    return child;
  };
  let stopPostgres = async () => {};
  let disconnect = async () => {};
  try {
    const postgres = await startPostgres(dataDir);
    stopPostgres = postgres.stop;
    await applyMigrations(postgres.url);
    const env = { DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir };
    setEnv(env);
    // Only now: these connect to the database the environment names.
    const { db } = await import('#lib/db');
    disconnect = () => db.$disconnect();
    const stage = await (await import('./publish-stage.ts')).setStage(options);

    const feed = start('feed-process.ts', env);
    const bare = start('bare-process.ts');
    const feedPort = (await feed.next(isPort, 15_000)).port;
    const barePort = (await bare.next(isPort, 15_000)).port;
    say(`connecting ${options.instances} instances in ${PROCESSES} processes`);
    const groups = Array.from({ length: PROCESSES }, (_, index) =>
      start('clients-process.ts', {
        FEED_URL: `http://127.0.0.1:${feedPort}`,
        BARE_URL: `http://127.0.0.1:${barePort}/`,
        API_KEY: stage.apiKey,
        NAME: `bench-${index}`,
        COUNT: String(share(options.instances, index)),
      }),
    );
    const ready = await Promise.all(groups.map((group) => group.next(isReady, 60_000)));
    const connected = ready.reduce((sum, message) => sum + message.active, 0);
    if (connected !== options.instances) throw new Error(`Only ${connected} instances became active.`);
    await sleep(1_000);

    const found = {
      stopgap: [] as number[],
      call: [] as number[],
      bare: [] as number[],
      seqs: [] as number[],
    };
    const gather = async (kind: string, seq: number | undefined, from: number) => {
      const answers = await Promise.all(groups.map((group) => group.next(isRound(kind, seq), ROUND_MS)));
      return answers.flatMap((answer) => answer.times.map((at) => at - from));
    };
    const stopgapRound = async (round: number) => {
      // Asked for before the publish: an instance may be active before the call has returned.
      const seq = await stage.nextSeq();
      const from = monotonicMs();
      const arriving = gather('stopgap', seq, from);
      const published = stage.publish(round).then((at) => {
        found.call.push(monotonicMs() - from);
        if (at !== seq) throw new Error(`Published ${at}, expected ${seq}: somebody else publishes here.`);
      });
      const [times] = await Promise.all([arriving, published]);
      found.stopgap.push(...times);
      found.seqs.push(seq);
    };
    const bareRound = async () => {
      const body = await stage.newestEvent();
      const from = monotonicMs();
      const arriving = gather('bare', undefined, from);
      const posted = fetch(`http://127.0.0.1:${barePort}/`, { method: 'POST', body });
      const [times] = await Promise.all([arriving, posted.then((response) => response.text())]);
      found.bare.push(...times);
    };
    for (let round = 0; round < options.rounds; round++) {
      const order = round % 2 === 0 ? [stopgapRound, bareRound] : [bareRound, stopgapRound];
      for (const each of order) {
        await each(round);
        await sleep(PAUSE_MS);
      }
      if ((round + 1) % 10 === 0) say(`${round + 1} of ${options.rounds} rounds`);
    }
    await sleep(500);
    const measured = await stage.measured(found.seqs);
    return report(options, { ...found, ...measured }, (await stage.newestEvent()).length, loadBefore);
  } finally {
    for (const child of children.reverse()) await child.stop();
    await disconnect();
    await stopPostgres();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function share(total: number, index: number): number {
  return Math.floor(total / PROCESSES) + (index < total % PROCESSES ? 1 : 0);
}

function report(
  options: z.infer<typeof optionsSchema>,
  found: Record<'stopgap' | 'call' | 'bare' | 'offered' | 'acked', number[]>,
  eventBytes: number,
  loadBefore: number,
) {
  const stopgap = summary(found.stopgap);
  const bare = summary(found.bare);
  const ratio = (a: number | null, b: number | null) => (a && b ? Math.round((a / b) * 100) / 100 : null);
  return {
    bench: 'publish',
    ...options,
    eventBytes,
    unit: 'milliseconds',
    /** Publish call (the verb, with its transaction) to the rule being active in the instance. */
    publishToActive: stopgap,
    /** Ruleset row written to the feed having written to the instance's stream. */
    publishToOffered: summary(found.offered),
    /** The same as the fleet page tells it: ruleset row written to report received by the feed. */
    publishToAcked: summary(found.acked),
    /** How long the caller of the verb waits. */
    publishCall: summary(found.call),
    /** POST to a bare node:http server to the event being read by a plain client. */
    bareFanOut: bare,
    ratio: { p50: ratio(stopgap.p50, bare.p50), p99: ratio(stopgap.p99, bare.p99) },
    machine: { cores: availableParallelism(), node: process.version, processes: PROCESSES + 3, loadBefore },
  };
}
