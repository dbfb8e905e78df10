import { setImmediate } from 'node:timers/promises';
import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { secretsOf } from '#lib/secrets/queries';
import type { RuleScope } from '#sdk/rule';
import { bucketOf, Tally } from './backtest-tally.ts';
import type { RuleDraft } from './schema.ts';
import { compileTrial, type Trial, type TrialText } from './trial.ts';

export const BACKTEST_ROWS = 20_000;
export const BACKTEST_MS = 5_000;
/** A text may be a megabyte, so a page is kept small; the index makes many pages cheap. */
const PAGE_ROWS = 50;
/** Other requests of this process wait at most about this long, plus one text. */
const SLICE_MS = 15;

type Row = TrialText & {
  id: string;
  receivedAt: Date;
  linked: boolean;
  control: boolean;
  verdict: string | null;
};

export type BacktestOptions = {
  incidentId?: string | undefined;
  /** Limits, smaller in tests only. */
  rows?: number;
  ms?: number;
};

/**
 * What the rule would have done to stored interactions, decided by the instances' own engine. Reads all that are
 * linked to the incident, then the others within the rule's scope, newest first, until 20,000 rows or 5 s; `capped`
 * says so. Shadow or enforce makes no difference here. Throws `invalid` for a rule that must not run.
 */
export async function backtest(actor: Actor, draft: RuleDraft, options: BacktestOptions = {}) {
  authorize(actor, 'mitigation.read');
  const trial = compileTrial(draft);
  const { incidentId, rows: most = BACKTEST_ROWS, ms = BACKTEST_MS } = options;
  const tally = new Tally();
  const clock = new Clock(ms);
  const linked = incidentId === undefined ? Prisma.sql`false` : linkedTo(incidentId);
  const passes = incidentId === undefined ? [] : [linked];
  passes.push(Prisma.sql`NOT ${linked} AND ${withinScope(draft.scope)}`);
  let capped: 'rows' | 'time' | null = null;
  for (const condition of passes) {
    capped = await scan({ condition, linked, trial, tally, clock, most });
    if (capped) break;
  }
  const secrets = await secretsOf(tally.keptRows());
  return { ...tally.result(trial, secrets), capped, tookMs: Math.round(clock.elapsed()) };
}

export type Backtest = Awaited<ReturnType<typeof backtest>>;

class Clock {
  readonly #startedAt = performance.now();
  #sliceAt = performance.now();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  /** Lets other work run when this slice has been long enough; false when the time is used up. */
  async goOn(): Promise<boolean> {
    if (performance.now() - this.#sliceAt > SLICE_MS) {
      await setImmediate();
      this.#sliceAt = performance.now();
    }
    return this.elapsed() < this.#limit;
  }

  resume(): void {
    this.#sliceAt = performance.now();
  }
}

type Scan = {
  condition: Prisma.Sql;
  linked: Prisma.Sql;
  trial: Trial;
  tally: Tally;
  clock: Clock;
  most: number;
};

async function scan({ condition, linked, trial, tally, clock, most }: Scan): Promise<'rows' | 'time' | null> {
  let after: Pick<Row, 'receivedAt' | 'id'> | undefined;
  while (true) {
    const room = most - tally.scanned;
    // One row more than there is room for tells a full read from a cut one.
    const page = await readPage(condition, linked, after, Math.min(PAGE_ROWS, room + 1));
    clock.resume();
    for (const row of page.slice(0, room)) {
      tally.add(bucketOf(row), row, trial.hits(row));
      if (!(await clock.goOn())) return 'time';
    }
    if (page.length > room) return 'rows';
    after = page.at(-1);
    if (page.length < PAGE_ROWS || !after) return null;
    await setImmediate();
  }
}

function readPage(
  condition: Prisma.Sql,
  linked: Prisma.Sql,
  after: Pick<Row, 'receivedAt' | 'id'> | undefined,
  limit: number,
): Promise<Row[]> {
  const beyond = after
    ? // The first condition lets the index begin where the last page ended.
      Prisma.sql`AND i.received_at <= ${after.receivedAt}
        AND (i.received_at < ${after.receivedAt} OR i.id > ${after.id}::uuid)`
    : Prisma.empty;
  return db.$queryRaw<Row[]>`
    SELECT i.id, i.received_at AS "receivedAt", i.prompt, i.completion, i.language, i.surface, i.tier, i.tenant,
           i.model_name AS "modelName", i.model_version AS "modelVersion", i.control, ${linked} AS linked,
           (SELECT r.verdict FROM review r WHERE r.interaction_id = i.id
             ORDER BY r.created_at DESC, r.id DESC LIMIT 1) AS verdict
    FROM interaction i WHERE ${condition} ${beyond}
    ORDER BY i.received_at DESC, i.id LIMIT ${limit}`;
}

function linkedTo(incidentId: string): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT 1 FROM incident_interaction l
    WHERE l.incident_id = ${incidentId}::uuid AND l.interaction_id = i.id)`;
}

/** The scope as a condition, so that rows which cannot be hit are not read; the engine checks again. */
function withinScope(scope: RuleScope): Prisma.Sql {
  const columns: [string[] | undefined, Prisma.Sql][] = [
    [scope.models, Prisma.sql`i.model_name`],
    [scope.versions, Prisma.sql`i.model_version`],
    [scope.tenants, Prisma.sql`i.tenant`],
    [scope.tiers, Prisma.sql`i.tier`],
    [scope.languages?.map((language) => language.toLowerCase()), Prisma.sql`lower(i.language)`],
    [scope.surfaces, Prisma.sql`i.surface`],
  ];
  const conditions = columns.flatMap(([values, column]) =>
    values && values.length > 0 ? [Prisma.sql`${column} = ANY(${values}::text[])`] : [],
  );
  return conditions.length > 0 ? Prisma.join(conditions, ' AND ') : Prisma.sql`true`;
}
