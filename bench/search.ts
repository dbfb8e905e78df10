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
  runs: z.coerce.number().int().min(3).max(50).default(5),
});

/** Somebody waits for a page of results. */
const BAR_MS = 3_000;

const QUERIES: Record<string, string> = {
  everything: '',
  rareText: 'fetch_payload(31337)',
  frequentText: 'return',
  absentText: 'no_such_word_at_all',
  patternWithText: 're:/fetch_payload\\(\\d+\\)/',
  tenant: 'tenant:tenant-7',
  nobody: 'actor:nobody',
  verdict: 'verdict:harmful',
  host: 'host:evil.example',
};

/** The page and the chart of each query with so many interactions of 2 KB stored, beside one plain count of them. */
export async function run(given: Record<string, string>): Promise<unknown> {
  const { rows, runs } = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const postgres = await startPostgres(dataDir);
  try {
    await applyMigrations(postgres.url);
    setEnv({ DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir });
    const { addTexts } = await import('./backtest-stage.ts');
    await addTexts(postgres.url, 0, rows, (text) => console.error(`search: ${text}`));
    // Only now: these connect to the database the environment names.
    const { db } = await import('#lib/db');
    const { indexNext } = await import('#lib/search/build');
    const { findPage } = await import('#lib/search/find');
    const { countFound } = await import('#lib/search/counts');
    const { readQuery } = await import('#lib/search/query');
    for (let all = 0, built = -1; built !== 0; all += built) {
      built = (await indexNext()).documents;
      if (built > 0) console.error(`search: ${all + built} in the index`);
    }
    await db.$executeRawUnsafe('VACUUM ANALYZE');
    const median = async (ask: () => Promise<unknown>) => {
      const times: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const from = monotonicMs();
        await ask();
        times.push(monotonicMs() - from);
      }
      return Math.round((quantile(times, 0.5) ?? Number.NaN) * 10) / 10;
    };
    const plain = await median(() => db.$queryRaw`SELECT count(*) FROM search_document`);
    const measured: Record<string, { page: number; chart: number; found: number; whole: boolean }> = {};
    for (const [name, line] of Object.entries(QUERIES)) {
      const { terms } = readQuery(line);
      const counts = await countFound(terms, ['language', 'tenant']);
      measured[name] = {
        page: await median(() => findPage(terms, { limit: 50 })),
        chart: await median(() => countFound(terms, ['language', 'tenant'])),
        found: counts.total,
        whole: counts.searchedTo === null,
      };
    }
    await db.$disconnect();
    const slowest = Math.max(...Object.values(measured).map(({ page }) => page));
    const ratio = (ms: number) => Math.round((ms / plain) * 10) / 10;
    return {
      bench: 'search',
      rows,
      runs,
      unit: 'milliseconds',
      measured,
      timesAPlainCount: Object.fromEntries(
        Object.entries(measured).map(([name, { page, chart }]) => [
          name,
          { page: ratio(page), chart: ratio(chart) },
        ]),
      ),
      bar: { slowestPageMs: BAR_MS, met: slowest <= BAR_MS },
      machine: { cores: availableParallelism(), node: process.version, loadBefore },
    };
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
