import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { setEnv } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { type Child, monotonicMs, startChild } from './child.ts';
import { machineCpuMs } from './cpu.ts';
import { quantile, summary } from './quantile.ts';

const optionsSchema = z.strictObject({
  /** Streams per run, e.g. `1000,5000,10000`. */
  streams: z
    .string()
    .default('1000,5000,10000')
    .transform((text) => text.split(',').map(Number))
    .pipe(z.array(z.number().int().min(10).max(12_000)).min(1)),
  rounds: z.coerce.number().int().min(1).max(100).default(8),
  /** Rules that are live before the first round. */
  rules: z.coerce.number().int().min(1).max(500).default(20),
});

const ROUND_MS = 30_000;
/** Client processes per server. */
const PROCESSES = 2;
/** Between rounds, so that the acknowledgements of one are not the load of the next. */
const PAUSE_MS = 700;

type Round = {
  kind: 'round';
  seq: number;
  received: number[];
  acked: number[];
  refused: number;
  cpu: number;
};
/** Milliseconds of processor time per round; what is left of the machine's is Postgres, the publish and this process. */
type Cost = { server: number[]; clients: number[]; machine: number[] };
type Arm = { port: number; server: Child; clients: Child[]; rssPerStream: number };
/** Streams that are open and have acknowledged once before a server's memory is measured; per client process. */
const WARM = 50;

const isPort = (message: unknown): message is { port: number } =>
  z.object({ port: z.number() }).safeParse(message).success;
const kindIs =
  <T>(kind: string, seq?: number) =>
  (message: unknown): message is T => {
    const known = message as { kind?: string; seq?: number } | null;
    return known?.kind === kind && (seq === undefined || known.seq === seq);
  };

/**
 * Publish call to received and to acknowledged on N raw streams, beside the same bytes and the same
 * acknowledgements on a bare node:http server; rounds alternate, everything runs on this machine at once.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
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
    const rounds = (options.rounds + 2) * options.streams.length;
    const stage = await (await import('./publish-stage.ts')).setStage({ rounds, rules: options.rules });
    const results = [];
    for (const [index, streams] of options.streams.entries()) {
      results.push(
        await measure({ streams, first: index * (options.rounds + 2), rounds: options.rounds, stage, env }),
      );
    }
    return {
      bench: 'fanout',
      unit: 'milliseconds from the publish call; bytes of resident memory',
      rounds: options.rounds,
      eventBytes: (await stage.newestEvent()).length,
      results,
      machine: { cores: availableParallelism(), node: process.version, loadBefore },
    };
  } finally {
    await disconnect();
    await stopPostgres();
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Stage = Awaited<ReturnType<typeof import('./publish-stage.ts')['setStage']>>;

async function measure(of: {
  streams: number;
  first: number;
  rounds: number;
  stage: Stage;
  env: Record<string, string>;
}) {
  const { streams, first, rounds, stage, env } = of;
  const children: Child[] = [];
  const start = (file: string, more: Record<string, string> = {}) => {
    const child = startChild(file, more);
    children.push(child);
    return child;
  };
  try {
    const arm = async (
      name: string,
      server: Child,
      warmUp: (port: number) => Promise<number>,
    ): Promise<Arm> => {
      const { port } = await server.next(isPort, 15_000);
      const share = Math.ceil(streams / PROCESSES);
      const clients = Array.from({ length: PROCESSES }, (_, index) =>
        start('fanout-clients-process.ts', {
          PORT: String(port),
          API_KEY: stage.apiKey,
          NAME: `${name}-${index}`,
          COUNT: String(Math.min(share, streams - index * share)),
        }),
      );
      await Promise.all(clients.map((client) => client.next(kindIs('warm'), 30_000)));
      const seq = await stage.nextSeq();
      await armAll(clients, seq, WARM);
      const warmed = clients.map((client) => client.next(kindIs<Round>('round', seq), ROUND_MS));
      await Promise.all([...warmed, warmUp(port)]);
      await sleep(500);
      const rssBefore = await memory(server);
      const opened = clients.map((client) => client.next(kindIs('ready'), 60_000));
      for (const client of clients) client.process.send('open');
      await Promise.all(opened);
      await sleep(1_500);
      const more = streams - PROCESSES * WARM;
      return { port, server, clients, rssPerStream: Math.round(((await memory(server)) - rssBefore) / more) };
    };
    const post = async (port: number, body: Buffer<ArrayBuffer>) => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
      await response.text();
      return 0;
    };
    const feed = await arm('feed', start('feed-process.ts', env), () => stage.publish(first));
    const bare = await arm('bare', start('bare-process.ts'), async (port) =>
      post(port, await stage.newestEvent()),
    );
    console.error(`fanout: ${streams} streams are open on each server`);

    const found = { feed: times(), bare: times(), call: [] as number[], refused: 0 };
    const arms = { feed, bare };
    const inRound = async (side: 'feed' | 'bare', seq: number, act: () => Promise<void>) => {
      const { clients, server } = arms[side];
      await armAll(clients, seq);
      const before = [await cpuOf(server), machineCpuMs()] as const;
      const from = monotonicMs();
      const gathered = Promise.all(
        clients.map((client) => client.next(kindIs<Round>('round', seq), ROUND_MS)),
      );
      await act();
      if (side === 'feed') found.call.push(monotonicMs() - from);
      const answers = await gathered;
      for (const answer of answers) {
        for (const at of answer.received) found[side].received.push(at - from);
        for (const at of answer.acked) found[side].acked.push(at - from);
        found.refused += answer.refused;
      }
      const { cost } = found[side];
      cost.machine.push(machineCpuMs() - before[1]);
      cost.server.push((await cpuOf(server)) - before[0]);
      cost.clients.push(answers.reduce((sum, { cpu }) => sum + cpu, 0));
    };
    const feedRound = async (round: number) => {
      await inRound('feed', await stage.nextSeq(), async () => {
        await stage.publish(first + 1 + round);
      });
    };
    const bareRound = async () => {
      const body = await stage.newestEvent();
      await inRound('bare', (await stage.nextSeq()) - 1, async () => {
        await post(bare.port, body);
      });
    };
    // The first publish finds every instance for the first time, which is history; it is not counted.
    for (let round = -1; round < rounds; round++) {
      for (const each of round % 2 === 0 ? [feedRound, bareRound] : [bareRound, feedRound]) {
        await each(round + 1);
        await sleep(PAUSE_MS);
      }
      if (round === -1) Object.assign(found, { feed: times(), bare: times(), call: [], refused: 0 });
    }
    return result(streams, found, feed, bare);
  } finally {
    for (const child of children.reverse()) await child.stop();
  }
}

const times = () => ({
  received: [] as number[],
  acked: [] as number[],
  cost: { server: [], clients: [], machine: [] } as Cost,
});

async function cpuOf(server: Child): Promise<number> {
  const answer = server.next(kindIs<{ kind: string; ms: number }>('cpu'), 15_000);
  server.process.send('cpu');
  return (await answer).ms;
}

async function memory(server: Child): Promise<number> {
  const answer = server.next(kindIs<{ kind: string; rss: number }>('memory'), 15_000);
  server.process.send('memory');
  return (await answer).rss;
}

async function armAll(clients: Child[], seq: number, of?: number): Promise<void> {
  await Promise.all(
    clients.map((client) => {
      const armed = client.next(kindIs('armed', seq), 5_000);
      client.process.send({ round: seq, of });
      return armed;
    }),
  );
}

const middle = (cost: Cost) =>
  Object.fromEntries(
    Object.entries(cost).map(([name, samples]) => [name, Math.round(quantile(samples, 0.5) ?? 0)]),
  );

function result(
  streams: number,
  found: { feed: ReturnType<typeof times>; bare: ReturnType<typeof times>; call: number[]; refused: number },
  feed: Arm,
  bare: Arm,
) {
  const received = { feed: summary(found.feed.received), bare: summary(found.bare.received) };
  const acked = { feed: summary(found.feed.acked), bare: summary(found.bare.acked) };
  const ratio = (a: number | null, b: number | null) => (a && b ? Math.round((a / b) * 100) / 100 : null);
  return {
    streams,
    received: { ...received, ratio: ratio(received.feed.p99, received.bare.p99) },
    /** The feed answers a report when it is committed to Postgres; the bare server at once. */
    acked: { ...acked, ratio: ratio(acked.feed.p99, acked.bare.p99) },
    /** Median per round. Two cores give at most two milliseconds of it in one, generator and Postgres included. */
    cpuMsPerRound: { feed: middle(found.feed.cost), bare: middle(found.bare.cost) },
    publishCall: summary(found.call),
    refused: found.refused,
    rssPerStream: {
      feed: feed.rssPerStream,
      bare: bare.rssPerStream,
      ratio: ratio(feed.rssPerStream, bare.rssPerStream),
    },
  };
}
