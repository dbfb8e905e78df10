import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { setEnv } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { type Child, startChild } from './child.ts';
import type { Done, Order } from './ingest-client-process.ts';
import { benchRow } from './ingest-rows.ts';
import { quantile } from './quantile.ts';
import { startWeb, type Web } from './web-process.ts';

const optionsSchema = z.strictObject({
  /** All that is sent to web in batches; what the rounds leave goes in at the end, with memory watched. */
  rows: z.coerce.number().int().min(1_000).max(10_000_000).default(60_000),
  rounds: z.coerce.number().int().min(1).max(50).default(3),
  batch: z.coerce.number().int().min(1).max(1_000).default(500),
  connections: z.coerce.number().int().min(1).max(64).default(4),
  singles: z.coerce.number().int().min(100).max(100_000).default(4_000),
  singleConnections: z.coerce.number().int().min(1).max(256).default(32),
});

/** At least half of the raw insert, at least half of a route that does nothing, and the most memory of web. */
const BAR = { ratio: 0.5, singleRatio: 0.5, webMemoryMb: 600 };
const MAX_ROUND_ROWS = 20_000;
const ROUND_MS = 10 * 60_000;
const LONG_MS = 60 * 60_000;
const MEMORY_EVERY_MS = 500;

const isReady = (message: unknown): message is { kind: 'ready' } =>
  (message as { kind?: unknown } | null)?.kind === 'ready';
const isDone = (message: unknown): message is Done => (message as { kind?: unknown } | null)?.kind === 'done';

/**
 * Interactions of 2 KB with one finding into the production build of web, beside the same rows written straight into
 * the same Postgres; and single rows beside calls to the same route that do nothing. Rounds alternate. Needs a build.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  const loadBefore = rounded(loadavg()[0] ?? 0);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const say = (text: string) => console.error(`ingest: ${text}`);
  const children: Child[] = [];
  let web: Web | undefined;
  let stopPostgres = async () => {};
  let watching: NodeJS.Timeout | undefined;
  try {
    const postgres = await startPostgres(dataDir);
    stopPostgres = postgres.stop;
    await applyMigrations(postgres.url);
    const env = { DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir };
    setEnv(env);
    const apiKey = await makeKey();
    web = await startWeb(env, dataDir);
    const served = web;
    const memory: number[] = [];
    watching = setInterval(() => {
      void served.memory().then((sample) => sample && memory.push(sample.now));
    }, MEMORY_EVERY_MS);

    const start = async (file: string) => {
      const child = startChild(file, { ...env, WEB_URL: served.url, API_KEY: apiKey });
      children.push(child);
      await child.next(isReady, 30_000);
      return (order: Order, withinMs = ROUND_MS) => {
        child.process.send(order);
        return child.next(isDone, withinMs);
      };
    };
    const client = await start('ingest-client-process.ts');
    const raw = await start('ingest-raw-process.ts');

    const roundRows = Math.min(MAX_ROUND_ROWS, Math.ceil(options.rows / options.rounds));
    const order = (kind: Order['kind'], run: string, rows: number): Order => {
      const single = kind !== 'batches';
      return {
        kind,
        run,
        rows,
        perCall: single ? 1 : options.batch,
        connections: single ? options.singleConnections : options.connections,
      };
    };
    // Both sides compiled, connected and planned once before anybody measures.
    await client(order('batches', 'warm-web', 2_000));
    await raw(order('batches', 'warm-raw', 2_000));
    await client(order('single', 'warm-single', 500));
    await client(order('nothing', 'warm-nothing', 500));

    const found = {
      web: [] as number[],
      raw: [] as number[],
      single: [] as number[],
      nothing: [] as number[],
    };
    const measure = async (name: keyof typeof found, act: typeof client, what: Order) => {
      const done = await act(what);
      const stored = what.kind === 'nothing' ? what.rows : done.created;
      if (stored !== what.rows) throw new Error(`${name}: ${stored} of ${what.rows} rows were created.`);
      found[name].push((what.rows / done.ms) * 1_000);
    };
    for (let round = 0; round < options.rounds; round++) {
      const steps = [
        () => measure('raw', raw, order('batches', `raw-${round}`, roundRows)),
        () => measure('web', client, order('batches', `web-${round}`, roundRows)),
        () => measure('nothing', client, order('nothing', `nothing-${round}`, options.singles)),
        () => measure('single', client, order('single', `single-${round}`, options.singles)),
      ];
      for (const step of round % 2 === 0 ? steps : steps.reverse()) await step();
      say(`round ${round + 1} of ${options.rounds}: ${JSON.stringify(latest(found))} per second`);
    }
    const rest = options.rows - options.rounds * roundRows;
    let long: Done | null = null;
    if (rest > 0) {
      say(`the other ${rest} rows, with memory watched`);
      long = await client(order('batches', 'long', rest), LONG_MS);
    }
    const last = await served.memory();
    const ratios = { ratio: ratio(found.web, found.raw), singleRatio: ratio(found.single, found.nothing) };
    const peak = last?.peak ?? null;
    return {
      bench: 'ingest',
      ...options,
      roundRows,
      rowBytes: JSON.stringify(benchRow('web-0', 1)).length,
      unit: 'per second, median of the rounds',
      web: middle(found.web),
      raw: middle(found.raw),
      rawWrites: 'interaction, finding, queue_item, analysis_task and event, one transaction per batch',
      ratio: ratios.ratio,
      single: middle(found.single),
      nothing: middle(found.nothing),
      nothingIs: 'OPTIONS /api/v1/interactions: the same route, answered by Next.js itself, without a body',
      singleRatio: ratios.singleRatio,
      long: long && {
        rows: long.created,
        perSecond: rounded((rest / long.ms) * 1_000),
        refused: long.refused,
      },
      webMemoryMb: {
        samples: memory.length,
        median: quantile(memory, 0.5),
        largest: quantile(memory, 1),
        peak,
      },
      bar: {
        ...BAR,
        met:
          ratios.ratio >= BAR.ratio &&
          ratios.singleRatio >= BAR.singleRatio &&
          peak !== null &&
          peak <= BAR.webMemoryMb,
      },
      machine: { cores: availableParallelism(), node: process.version, loadBefore },
    };
  } finally {
    clearInterval(watching);
    for (const child of children.reverse()) await child.stop();
    await web?.stop();
    await stopPostgres();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function makeKey(): Promise<string> {
  const { db } = await import('#lib/db');
  const { hashKey, newKeySecret } = await import('#lib/keys/secret');
  const { newId } = await import('#lib/ids');
  const key = newKeySecret();
  const data = { id: newId(), name: 'bench', source: 'bench', scopes: ['ingest'], hash: hashKey(key) };
  await db.apiKey.create({ data: { ...data, prefix: 'sg_bench' } });
  await db.$disconnect();
  return key;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function middle(samples: number[]): number {
  return Math.round(quantile(samples, 0.5) ?? 0);
}

/** The median of the rounds' own ratios, so that a slow minute of the machine meets both sides. */
function ratio(a: number[], b: number[]): number {
  return rounded(
    quantile(
      a.map((value, round) => value / (b[round] ?? 1)),
      0.5,
    ) ?? 0,
  );
}

function latest(found: Record<string, number[]>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(found).map(([name, values]) => [name, Math.round(values.at(-1) ?? 0)]),
  );
}
