import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type pg from 'pg';
import { eachRow, openSession } from '#lib/search/session';
import { mask } from '#lib/secrets/mask';
import { coveredIds, placesOf } from '#lib/secrets/places';
import { glanceOf } from './backtest-glance.ts';
import { hasOutside } from './backtest-outside.ts';
import { scopeSql } from './backtest-sql.ts';
import type { RuleDraft } from './schema.ts';
import { compileTrial, type Trial } from './trial.ts';

// One thread of a back-test: reads texts of the run's own snapshot and answers which of them the rule hits.

type ThreadSetup = { url: string };
/** `pages`: of the table, the last one open when null. */
export type Order =
  | { kind: 'begin'; snapshot: string; draft: RuleDraft }
  | { kind: 'pages'; from: number; to: number | null }
  | { kind: 'ids'; ids: string[] }
  | { kind: 'end' };
/** Ids of what was hit and, side by side, digests of its texts in the form of a uuid. */
export type Answer =
  | { kind: 'done'; scanned: number; hits: string[]; digests: string[]; outside: string[] }
  | { kind: 'failed'; message: string };

type Row = [string, string, string, string, string, string, string, string | null, string | null, boolean];

/** Texts are held one by one; of these only the places. */
const MASKED_AT_ONCE = 500;

const FIELDS = 'd.language, d.model_name, d.model_version, d.surface, d.tier, d.tenant';

let client: pg.Client | undefined;
/** Interactions of which something is masked, or of which the worker has not said yet. */
let covered: ReadonlySet<string>;
let trial: Trial;
let glance: (text: string) => boolean;
let columns: string;
let values: unknown[];
let condition: string;

async function begin({ snapshot, draft }: Extract<Order, { kind: 'begin' }>): Promise<void> {
  client ??= await openSession((workerData as ThreadSetup).url);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", '')}'`);
  // Whatever the planner thinks of a page range, two threads read it, not two helpers each.
  await client.query('SET LOCAL max_parallel_workers_per_gather = 0');
  covered = await coveredIds(client);
  const wide = hasOutside(draft.scope, draft.matcher);
  // The database tells what is in scope; labels and features narrow nothing that is stored.
  trial = compileTrial(wide ? { ...draft, scope: { labels: draft.scope.labels } } : draft);
  glance = glanceOf(draft.matcher);
  // What the rule does not read need not travel; a condition may ask for the length of either.
  const both = draft.target === 'both' || draft.when;
  columns = [
    'd.id',
    both || draft.target === 'prompt' ? 'd.prompt' : "''",
    both || draft.target === 'completion' ? 'd.completion' : "''",
    FIELDS,
  ].join(', ');
  values = [];
  const scope = scopeSql(draft.scope, values);
  // A column that is null is in no list.
  columns += `, coalesce(${scope}, false)`;
  condition = `d.erased_at IS NULL AND ${wide ? 'true' : scope}`;
}

/** `countsCovered`: whether `scanned` may tell that a text was read of which something is masked. */
async function scan(where: string, given: unknown[], countsCovered: boolean): Promise<Answer> {
  if (!client) throw new Error('not begun');
  let scanned = 0;
  const hits: string[] = [];
  const digests: string[] = [];
  const outside: string[] = [];
  const masked: string[] = [];
  const judge = (row: Row) => {
    const [id, prompt, completion, language, modelName, modelVersion, surface, tier, tenant, inside] = row;
    if (!trial.hits({ prompt, completion, language, modelName, modelVersion, surface, tier, tenant })) return;
    if (!inside) {
      outside.push(id);
      return;
    }
    hits.push(id);
    digests.push(
      createHash('sha256')
        .update(completion || prompt)
        .digest('hex')
        .slice(0, 32),
    );
  };
  const select = `SELECT ${columns} FROM interaction d WHERE ${condition} AND`;
  await eachRow<Row>(client, `${select} ${where}`, [...values, ...given], (row) => {
    const [id, prompt, completion] = row;
    if (row[9] && (countsCovered || !covered.has(id))) scanned += 1;
    if (!glance(completion) && !glance(prompt)) return;
    if (covered.has(id)) masked.push(id);
    else judge(row);
  });
  // What nobody may see decides nothing: figures and spans of the true text would tell it, one guess at a time.
  for (let from = 0; from < masked.length; from += MASKED_AT_ONCE) {
    const ids = masked.slice(from, from + MASKED_AT_ONCE);
    const places = await placesOf(client, ids);
    const one = `${select} d.id = ANY($${values.length + 1}::uuid[])`;
    await eachRow<Row>(client, one, [...values, ids], ([id, prompt, completion, ...rest]) => {
      const of = (field: string) => (places.get(id) ?? []).filter((place) => place.field === field);
      judge([id, mask(prompt, of('prompt')), mask(completion, of('completion')), ...rest]);
    });
  }
  return { kind: 'done', scanned, hits, digests, outside };
}

async function follow(order: Order): Promise<Answer> {
  const next = values?.length ?? 0;
  switch (order.kind) {
    case 'begin':
      await begin(order);
      return { kind: 'done', scanned: 0, hits: [], digests: [], outside: [] };
    case 'pages': {
      const { from, to } = order;
      const end = to === null ? 'true' : `d.ctid < '(${Number(to)},0)'`;
      return scan(`d.ctid >= '(${Number(from)},0)' AND ${end}`, [], true);
    }
    case 'ids':
      // The index that chose these ids holds true texts: which of them it chose would tell what is masked.
      return scan(`d.id = ANY($${next + 1}::uuid[])`, [order.ids], false);
    case 'end':
      await client?.query('ROLLBACK');
      return { kind: 'done', scanned: 0, hits: [], digests: [], outside: [] };
  }
}

parentPort?.on('message', (order: Order) => {
  follow(order).then(
    (answer) => parentPort?.postMessage(answer),
    (error: unknown) =>
      parentPort?.postMessage({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }),
  );
});
