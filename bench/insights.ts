import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { setEnv } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { monotonicMs } from './child.ts';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  rows: z.coerce.number().int().min(20_000).max(5_000_000).default(1_000_000),
  runs: z.coerce.number().int().min(3).max(50).default(7),
});

const CHUNK = 50_000;
/** A page of figures is not asked for in a hurry, but nobody should wonder whether it is still coming. */
const BAR_MS = 3_000;

/**
 * Every question of the pages of numbers with so many interactions stored, half of them decided and one in twenty of
 * those twice, beside one plain count of the same rows, the least that such a page could ask.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const { rows, runs } = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  let stopPostgres = async () => {};
  let disconnect = async () => {};
  try {
    const postgres = await startPostgres(dataDir);
    stopPostgres = postgres.stop;
    await applyMigrations(postgres.url);
    setEnv({ DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir });
    // Only now: these connect to the database the environment names.
    const { db } = await import('#lib/db');
    disconnect = () => db.$disconnect();
    const stage = await import('./claim-stage.ts');
    const insights = await import('#lib/insights/queries');
    const { getQuality } = await import('#lib/quality/queries');
    const { insightFiltersSchema } = await import('#lib/insights/schema');
    const { qualityFiltersSchema } = await import('#lib/quality/schema');
    const lead = await stage.makePerson('lead', 0, []);
    const readers = await Promise.all([1, 2, 3].map((number) => stage.makePerson('reviewer', number, [])));
    for (let filled = 0; filled < rows; filled += CHUNK) {
      await stage.addItems(filled, Math.min(rows, filled + CHUNK));
      if (filled % 200_000 === 0) console.error(`insights: ${filled} rows`);
    }
    await stage.decideHalf(readers);
    await db.$executeRawUnsafe('VACUUM ANALYZE');

    const day = insightFiltersSchema.parse({ window: 'day' });
    const month = insightFiltersSchema.parse({ window: 'month' });
    const quality = qualityFiltersSchema.parse({});
    const questions: Record<string, () => Promise<unknown>> = {
      plainCount: () => db.$queryRaw`SELECT count(*) FROM queue_item`,
      flowOfADay: () => insights.getFlow(lead, day),
      flowOfAMonth: () => insights.getFlow(lead, month),
      backlog: () => insights.getBacklog(lead),
      speed: () => insights.getSpeed(lead, day),
      forecast: () => insights.getForecast(lead),
      agreement: () => getQuality(lead, quality),
    };
    const measured: Record<string, { p50: number; max: number }> = {};
    for (const [name, ask] of Object.entries(questions)) {
      const times: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const from = monotonicMs();
        await ask();
        times.push(monotonicMs() - from);
      }
      measured[name] = { p50: round(quantile(times, 0.5) ?? Number.NaN), max: round(Math.max(...times)) };
    }
    const plain = measured.plainCount?.p50 ?? Number.NaN;
    const slowest = Math.max(...Object.values(measured).map(({ p50 }) => p50));
    return {
      bench: 'insights',
      rows,
      runs,
      unit: 'milliseconds',
      measured,
      timesAPlainCount: Object.fromEntries(
        Object.entries(measured).map(([name, { p50 }]) => [name, round(p50 / plain)]),
      ),
      bar: { slowestMs: BAR_MS, met: slowest <= BAR_MS },
      machine: { cores: availableParallelism(), node: process.version, loadBefore },
    };
  } finally {
    await disconnect();
    await stopPostgres();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
