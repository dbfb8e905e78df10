import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { systemActor } from '#lib/actor';
import { setEnv } from '#lib/env';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { monotonicMs } from './child.ts';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  small: z.coerce.number().int().min(10_000).max(100_000).default(10_000),
  middle: z.coerce.number().int().min(20_000).max(1_000_000).default(100_000),
  large: z.coerce.number().int().min(30_000).max(5_000_000).default(1_000_000),
  /** Batches of 200 measured at each size. */
  batches: z.coerce.number().int().min(5).max(200).default(20),
});

const BATCH = 200;
const WARM_UP = 5;

/**
 * What one more interaction costs the analysis, from taking its task to commit, with ever more interactions clustered
 * before it in the same tables; and what counting the clusters it reached costs after that.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const say = (text: string) => console.error(`clusters: ${text}`);
  let stopPostgres = async () => {};
  let disconnect = async () => {};
  try {
    const postgres = await startPostgres(dataDir, ['-c', 'max_wal_size=8GB']);
    stopPostgres = postgres.stop;
    await applyMigrations(postgres.url);
    setEnv({ DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir });
    // Only now: these connect to the database the environment names.
    const { db } = await import('#lib/db');
    disconnect = () => db.$disconnect();
    const stage = await import('./clusters-stage.ts');
    const { analyseNext } = await import('#lib/clusters/analysis');
    const { refreshStats } = await import('#lib/clusters/stats');
    const { ingestInteractions } = await import('#lib/interactions/mutations');
    const actor = systemActor('analysis');

    let clusters = 0;
    const measure = async (interactions: number, round: number) => {
      const target = Math.floor(interactions / stage.PER_CLUSTER);
      await stage.addClusters(clusters, target, say);
      clusters = target;
      say(`measuring at ${await db.clusterMember.count()} clustered`);
      const analysis: number[] = [];
      const counting: number[] = [];
      const total: number[] = [];
      const started = await db.cluster.count();
      const shapes = await db.clusterShape.count();
      for (let batch = -WARM_UP; batch < options.batches; batch++) {
        const rows = Array.from({ length: BATCH }, (_, index) => {
          const number = (batch + WARM_UP) * BATCH + index;
          const { cluster, variant } = stage.arrival(round, number, target);
          const id = `${round}/${number}`;
          return { id, row: stage.rowOf(id, cluster, variant) };
        });
        await ingestInteractions(systemActor('bench'), rows);
        const from = monotonicMs();
        const { taken, clusterIds } = await analyseNext(actor, BATCH);
        const between = monotonicMs();
        await refreshStats(clusterIds);
        const to = monotonicMs();
        if (taken !== BATCH) throw new Error(`analysed ${taken} of ${BATCH}`);
        if (batch < 0) continue;
        analysis.push((between - from) / BATCH);
        counting.push((to - between) / BATCH);
        total.push((to - from) / BATCH);
      }
      const arrived = (WARM_UP + options.batches) * BATCH;
      const round2 = (value: number | null) => Math.round((value ?? 0) * 1_000) / 1_000;
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      return {
        clustered: interactions,
        bands: await db.clusterBand.count(),
        // The mix as it came out: new clusters and new shapes per arrival.
        startedShare: round2(((await db.cluster.count()) - started) / arrived),
        shapeShare: round2(((await db.clusterShape.count()) - shapes) / arrived),
        analysisMs: { p50: round2(quantile(analysis, 0.5)), p95: round2(quantile(analysis, 0.95)) },
        totalMs: { p50: round2(quantile(total, 0.5)), p95: round2(quantile(total, 0.95)) },
        countingMs: { p50: round2(quantile(counting, 0.5)), p95: round2(quantile(counting, 0.95)) },
        rowsPerSecond: Math.round(1_000 / mean(total)),
      };
    };
    const sizes = [];
    for (const [round, size] of [options.small, options.middle, options.large].entries()) {
      sizes.push(await measure(size, round));
    }
    const first = sizes.at(0);
    const last = sizes.at(-1);
    const ratio = (last?.totalMs.p50 ?? 0) / (first?.totalMs.p50 ?? 1);
    return {
      bench: 'clusters',
      unit: `milliseconds per interaction, batches of ${BATCH}: 60 % exact repeats, 30 % near, 10 % new`,
      sizes,
      ratio: Math.round(ratio * 100) / 100,
      bar: { ratio: 1.5, met: ratio <= 1.5 },
      cores: availableParallelism(),
      loadBefore,
    };
  } finally {
    await disconnect();
    await stopPostgres();
    await rm(dataDir, { recursive: true, force: true });
  }
}
