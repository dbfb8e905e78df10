import type pg from 'pg';
import { findCandidates, piecesOf } from '#lib/search/candidates';
import { openSession } from '#lib/search/session';
import { ADD_OUTSIDE, countOutside, hasOutside, OUTSIDE } from './backtest-outside.ts';
import { requiredOf } from './backtest-required.ts';
import { ADD_HITS, COUNT_HITS, countSql, HITS, KNOWN, PICK, scopeSql, TAIL } from './backtest-sql.ts';
import {
  type BacktestFigures,
  BUCKETS,
  type Bucket,
  type Counted,
  EXAMPLES,
  figuresOf,
} from './backtest-tally.ts';
import type { Order } from './backtest-thread.ts';
import { withThreads } from './backtest-threads.ts';
import type { RuleDraft } from './schema.ts';
import { compileTrial } from './trial.ts';

/** Pages of the table, 8 KB each, that a thread takes at a time: some hundredths of a second. */
const PAGES = 256;
const IDS = 500;
/** Above this share of candidates reading all in the table's order is quicker than each by its key. */
const SCAN_SHARE = 0.25;
/** Below this many the index saves nothing. */
const SCAN_BELOW = 2_000;

export type Progress = { scanned: number; total: number };

export type PickedExample = { interactionId: string; bucket: Bucket; same: number };
export type RunResult = { figures: BacktestFigures; examples: PickedExample[]; tookMs: number };

type RunOptions = {
  draft: RuleDraft;
  incidentId: string | null;
  clusterId: string | null;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
};

/**
 * What the rule would have done to every stored interaction, decided by the instances' own engine: all in scope, and
 * of the incident and the cluster also those outside. Exact, at one moment: counts and texts come from one snapshot.
 * Where the matcher requires some string, only what the index of pieces cannot rule out is read. Shadow or enforce
 * makes no difference here. Throws `invalid` for a rule that must not run, and the signal's reason when it fires.
 */
export async function runBacktest(options: RunOptions): Promise<RunResult> {
  const { draft, signal } = options;
  compileTrial(draft);
  const startedAt = performance.now();
  const client = await openSession();
  // Ending the connection ends the statement that runs, too.
  const cut = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', cut);
  try {
    const outcome = await withThreads(signal, (threads) => run(client, threads, options));
    return { ...outcome, tookMs: Math.round(performance.now() - startedAt) };
  } finally {
    signal.removeEventListener('abort', cut);
    await client.end().catch(() => undefined);
  }
}

type Threads = Parameters<Parameters<typeof withThreads>[1]>[0];

async function run(client: pg.Client, threads: Threads, options: RunOptions) {
  const { draft, incidentId, clusterId, onProgress } = options;
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  // A million ids fit, so what is joined and sorted here stays off the disk.
  await client.query("SET LOCAL work_mem = '64MB'");
  const { rows: exported } = await client.query<{ snapshot: string }>(
    'SELECT pg_export_snapshot() AS snapshot',
  );
  const snapshot = exported[0]?.snapshot ?? '';
  const begun = Promise.all(threads.map((thread) => thread.ask({ kind: 'begin', snapshot, draft })));
  // Its failure is thrown where it is awaited.
  begun.catch(() => undefined);
  await client.query(TAIL);
  await client.query(KNOWN, [incidentId, clusterId]);
  await client.query('ANALYZE backtest_known');
  await client.query(HITS);
  await client.query(OUTSIDE);
  const values: unknown[] = [];
  const scope = scopeSql(draft.scope, values);
  const { rows: totals } = await client.query<Omit<Counted, 'hits'>>(countSql(scope), values);
  const all = totals.reduce((sum, { total }) => sum + total, 0);
  const total = totals.reduce((sum, row) => sum + (row.erased ? 0 : row.total), 0);
  onProgress?.({ scanned: 0, total });

  const candidates = await candidatesOf(client, draft, all);
  const orders = candidates === null ? await pageOrders(client) : idOrders(candidates);
  let texts = 0;
  let asked = 0;
  // Of those that the index chose only the share that is done is told: how many they are would tell what is masked.
  const progress = () =>
    candidates === null ? Math.min(total, texts) : Math.floor((total * asked) / candidates.length);
  await begun;
  let adding: Promise<unknown> = Promise.resolve();
  await Promise.all(
    threads.map(async (thread) => {
      for (let order = orders.next(); !order.done; order = orders.next()) {
        const { scanned, hits, digests, outside } = await thread.ask(order.value);
        texts += scanned;
        if (order.value.kind === 'ids') asked += order.value.ids.length;
        onProgress?.({ scanned: progress(), total });
        if (hits.length > 0) adding = adding.then(() => client.query(ADD_HITS, [hits, digests]));
        if (outside.length > 0) adding = adding.then(() => client.query(ADD_OUTSIDE, [outside]));
        await adding;
      }
    }),
  );
  await Promise.all(threads.map((thread) => thread.ask({ kind: 'end' })));
  await client.query('ANALYZE backtest_hit');
  const { rows: hits } =
    await client.query<Pick<Counted, 'bucket' | 'linked' | 'member' | 'hits'>>(COUNT_HITS);
  const { rows: examples } = await client.query<PickedExample>(PICK, [[...BUCKETS], EXAMPLES]);
  const hitsOf = (row: Omit<Counted, 'hits'>) =>
    row.erased
      ? 0
      : (hits.find(
          ({ bucket, linked, member }) =>
            bucket === row.bucket && linked === row.linked && member === row.member,
        )?.hits ?? 0);
  const counted = totals.map((row) => ({ ...row, hits: hitsOf(row) }));
  onProgress?.({ scanned: total, total });
  const outside = hasOutside(draft.scope, draft.matcher) ? await countOutside(client, draft.scope) : null;
  const figures = {
    ...figuresOf(counted, clusterId !== null, { texts, indexed: candidates !== null }),
    outside,
  };
  return { figures, examples };
}

/** The ids to read, those that are not in the index among them; null where all are to be read. */
async function candidatesOf(client: pg.Client, draft: RuleDraft, all: number): Promise<string[] | null> {
  const pieces = all < SCAN_BELOW ? null : piecesOf(requiredOf(draft.matcher));
  if (!pieces) return null;
  const most = all * SCAN_SHARE;
  const { rows } = await client.query<{ tail: number }>(
    'SELECT count(*)::int AS tail FROM backtest_tail WHERE NOT erased',
  );
  if ((rows[0]?.tail ?? 0) > most) return null;
  const found = await findCandidates(client, pieces, most);
  if (found === null) return null;
  const tail = await client.query<{ id: string }>(
    'SELECT interaction_id AS id FROM backtest_tail WHERE NOT erased',
  );
  return found.concat(tail.rows.map(({ id }) => id));
}

function* idOrders(ids: string[]): Generator<Order> {
  for (let from = 0; from < ids.length; from += IDS) yield { kind: 'ids', ids: ids.slice(from, from + IDS) };
}

async function pageOrders(client: pg.Client): Promise<Generator<Order>> {
  // Asked after the snapshot was taken: what the snapshot sees lies within.
  const { rows } = await client.query<{ pages: number }>(
    `SELECT (pg_relation_size('interaction') / current_setting('block_size')::int)::int AS pages`,
  );
  const pages = rows[0]?.pages ?? 0;
  return (function* () {
    for (let from = 0; from < pages; from += PAGES) {
      const to = from + PAGES;
      yield { kind: 'pages', from, to: to >= pages ? null : to };
    }
  })();
}
