import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { setEnv } from '#lib/env';
import type { RuleDraft } from '#lib/mitigations/schema';
import { startPostgres } from '#lib/postgres/embedded';
import { applyMigrations } from '#lib/postgres/migrations';
import { addContext, addTexts, NEEDLE, type Staged } from './backtest-stage.ts';
import { quantile } from './quantile.ts';

const optionsSchema = z.strictObject({
  /** Sizes of the store, smallest first; each is grown from the one before. */
  rows: z
    .string()
    .default('100000')
    .transform((text) => text.split(',').map(Number))
    .pipe(z.array(z.int().min(1_000).max(5_000_000)).min(1)),
  runs: z.coerce.number().int().min(1).max(20).default(3),
});

/** Milliseconds: any rule over 100,000, and a rule with a literal over 1,000,000. */
const BAR = { anyRule: { rows: 100_000, ms: 3_000 }, literal: { rows: 1_000_000, ms: 5_000 } };

const literal = (text: string) => ({ kind: 'literal', text, ignoreCase: false }) as const;
const re2 = (pattern: string, ignoreCase = false) => ({ kind: 're2', pattern, ignoreCase }) as const;
const names = Array.from({ length: 1_000 }, (_, index) => `no-such-package-${index}`);

type Case = { name: string; hasLiteral: boolean; draft: RuleDraft; sql?: string };
const rule = (matcher: RuleDraft['matcher']): RuleDraft => ({ scope: {}, matcher, target: 'completion' });

const NO_LITERAL = 'pattern without a literal';

const CASES: Case[] = [
  {
    name: 'seldom literal',
    hasLiteral: true,
    draft: rule(literal(NEEDLE)),
    sql: `position('${NEEDLE}' IN completion) > 0`,
  },
  {
    name: 'pattern with a literal',
    hasLiteral: true,
    draft: rule(re2(String.raw`fetch_payload\(\d{5}\)`)),
    sql: `completion ~ 'fetch_payload\\(\\d{5}\\)'`,
  },
  {
    name: 'pattern with a literal, any case, one language',
    hasLiteral: true,
    draft: { ...rule(re2(String.raw`FETCH_payload\(\d+`, true)), scope: { languages: ['python'] } },
    sql: `completion ~* 'fetch_payload\\(\\d+' AND language = 'python'`,
  },
  { name: 'literal that is nowhere', hasLiteral: true, draft: rule(literal('zqxj_nowhere')), sql: 'false' },
  {
    name: NO_LITERAL,
    hasLiteral: false,
    draft: rule(re2(String.raw`\w+\s*=\s*\d{4}\b`)),
  },
  {
    name: 'literal in every other text',
    hasLiteral: false,
    draft: rule(literal('return')),
    sql: `position('return' IN completion) > 0`,
  },
  {
    name: 'phrases',
    hasLiteral: false,
    draft: rule({ kind: 'phrases', phrases: ['ignore all previous instructions'] }),
  },
  { name: '1,000 packages', hasLiteral: false, draft: rule({ kind: 'imports', packages: names }) },
];

/** What a rule would have hit in a store of 2 KB texts, with the index of pieces beside it: how long, and whether exact. */
export async function run(given: Record<string, string>): Promise<unknown> {
  const { rows: sizes, runs } = optionsSchema.parse(given);
  const say = (text: string) => console.error(`backtest: ${text}`);
  const loadBefore = loadavg()[0];
  const dataDir = await mkdtemp(path.join(tmpdir(), 'stopgap-bench-'));
  const postgres = await startPostgres(dataDir);
  try {
    await applyMigrations(postgres.url);
    setEnv({ DATABASE_URL: postgres.url, STOPGAP_DATA_DIR: dataDir });
    const results = [];
    let staged: Staged | undefined;
    let rows = 0;
    for (const size of sizes) {
      await addTexts(postgres.url, rows, size, say);
      rows = size;
      staged ??= await addContext(postgres.url);
      const index = await buildIndex(postgres.url, say);
      const cases = [];
      const large = size > BAR.anyRule.rows;
      // Reading all of a large store is measured once, with one rule.
      const chosen = CASES.filter(({ hasLiteral, name }) => !large || hasLiteral || name === NO_LITERAL);
      for (const each of chosen) {
        const measured = await measure(each, staged, large && !each.hasLiteral ? 1 : runs, postgres.url);
        say(`${size}: ${each.name}: ${JSON.stringify(measured)}`);
        cases.push({ name: each.name, hasLiteral: each.hasLiteral, ...measured });
      }
      results.push({ rows: size, index, cases, meetsTheBar: meets(size, cases) });
    }
    return { loadBefore, bar: BAR, results, rssMb: Math.round(process.resourceUsage().maxRSS / 1024) };
  } finally {
    const { endIdleThreads } = await import('#lib/mitigations/backtest-threads');
    endIdleThreads();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Measured = {
  name: string;
  hasLiteral: boolean;
  ms: { median: number; most: number };
  exact: boolean | null;
};

function meets(rows: number, cases: Measured[]): boolean | null {
  const bar = [BAR.anyRule, ...(rows > BAR.anyRule.rows ? [BAR.literal] : [])].find(
    (each) => each.rows >= rows,
  );
  if (!bar) return null;
  const held = bar === BAR.anyRule ? cases : cases.filter(({ hasLiteral }) => hasLiteral);
  return held.every(({ ms, exact }) => ms.most <= bar.ms && exact !== false);
}

async function buildIndex(url: string, say: (text: string) => void) {
  const { indexNext } = await import('#lib/search/build');
  const startedAt = performance.now();
  let documents = 0;
  for (let built = await indexNext(); built.documents > 0; built = await indexNext())
    documents += built.documents;
  const seconds = (performance.now() - startedAt) / 1_000;
  const [sizes] = await ask<{ index: number; texts: number }>(
    url,
    `SELECT (pg_total_relation_size('search_page') + pg_total_relation_size('search_segment')
       + pg_total_relation_size('search_document'))::float8 / 1048576 AS index,
       pg_total_relation_size('interaction')::float8 / 1048576 AS texts`,
  );
  await ask(url, 'VACUUM ANALYZE search_document');
  const built = {
    documents,
    perSecond: Math.round(documents / seconds),
    indexMb: Math.round(sizes?.index ?? 0),
    tableMb: Math.round(sizes?.texts ?? 0),
  };
  say(`index: ${JSON.stringify(built)}`);
  return built;
}

async function measure({ draft, sql }: Case, { incidentId, clusterId }: Staged, runs: number, url: string) {
  const { runBacktest } = await import('#lib/mitigations/backtest-run');
  const times: number[] = [];
  let hits = 0;
  let read = {};
  let firstProgressMs = 0;
  for (let turn = 0; turn < runs; turn++) {
    const startedAt = performance.now();
    firstProgressMs = 0;
    const { figures } = await runBacktest({
      ...{ draft, incidentId, clusterId, signal: new AbortController().signal },
      onProgress: () => {
        firstProgressMs ||= Math.round(performance.now() - startedAt);
      },
    });
    times.push(performance.now() - startedAt);
    const { incident, cluster, harmful, notHarmful, pending } = figures;
    const shared = incident.hits;
    hits = incident.hits + (cluster?.hits ?? 0) + harmful.hits + notHarmful.hits + pending.hits - shared;
    read = figures.read;
  }
  const [counted] =
    sql === undefined
      ? []
      : await ask<{ n: number }>(url, `SELECT count(*)::int AS n FROM interaction WHERE ${sql}`);
  return {
    ms: { median: Math.round(quantile(times, 0.5) ?? 0), most: Math.round(Math.max(...times)) },
    firstProgressMs,
    hits,
    read,
    // Those of the incident are all of the cluster, too.
    exact: counted ? counted.n === hits : null,
  };
}

async function ask<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
