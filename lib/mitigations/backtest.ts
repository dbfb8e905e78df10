import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Actor, actorKey, personOf } from '#lib/actor';
import { recordEvent } from '#lib/audit/record';
import { getCluster } from '#lib/clusters/queries';
import { db, type Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { authorize } from '#lib/permissions';
import { renderExamples } from './backtest-examples.ts';
import { markLost } from './backtest-lost.ts';
import type { RunResult } from './backtest-run.ts';
import type { BacktestResult } from './backtest-tally.ts';
import { byRef } from './lock.ts';
import { incidentByRef } from './queries.ts';
import { backtestBodySchema, type RuleDraft } from './schema.ts';
import { compileTrial } from './trial.ts';

export type { BacktestResult } from './backtest-tally.ts';

type BacktestState = {
  id: string;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  /** Interactions judged so far, and all that are to be; 0 of 0 until it has counted them. */
  scanned: number;
  total: number;
  result: BacktestResult | null;
  /** One sentence: why it failed, or what it waits for while it runs. */
  problem: string | null;
};

export type StartBacktest = {
  draft: RuleDraft;
  /** `R-31` or its id: the run counts for that rule as it stands now. */
  mitigation?: string | undefined;
  /** `INC-12` or its id. Left out: the mitigation's. */
  incident?: string | undefined;
  /** `C-7` or its id. */
  cluster?: string | undefined;
};

/** SHA-256 of what decides a back-test's outcome. */
function digestOf({ scope, matcher, target, when }: RuleDraft): string {
  return createHash('sha256')
    .update(canonicalize({ scope, matcher, target, when: when ?? null }) ?? '')
    .digest('hex');
}

/**
 * Asks the worker to try the rule on everything that is stored; `readBacktest` tells how far it is. Throws `invalid`
 * for a rule that must not run, `not_found` for a reference to nothing.
 */
export async function startBacktest(actor: Actor, input: StartBacktest): Promise<{ id: string }> {
  authorize(actor, 'mitigation.draft');
  const { scope, matcher, target, when = null } = input.draft;
  const draft = backtestBodySchema.parse({ scope, matcher, target, when });
  compileTrial(draft);
  const mitigation = input.mitigation === undefined ? null : await ruleOf(input.mitigation);
  const incidentId =
    input.incident === undefined
      ? (mitigation?.incidentId ?? null)
      : (await incidentByRef(actor, input.incident)).id;
  const clusterId = input.cluster === undefined ? null : (await getCluster(actor, input.cluster)).id;
  const digest = digestOf(draft);
  // A run of other content than the rule's current version proves nothing about that version.
  const counts = mitigation !== null && digestOf(mitigation.draft) === digest;
  const id = newId();
  return db.$transaction(async (tx) => {
    await refuseFlood(tx, actor);
    await tx.backtest.create({
      data: {
        id,
        digest,
        draft,
        incidentId,
        clusterId,
        actorId: personOf(actor),
        startedBy: actorKey(actor),
        ...(counts && { mitigationId: mitigation.id, version: mitigation.version }),
      },
    });
    await recordEvent(tx, actor, {
      action: 'backtest.start',
      subject: { type: 'backtest', id },
      data: {
        digest,
        matcher: matcher.kind,
        target,
        rule: counts ? `R-${mitigation.number}` : null,
        incident: input.incident ?? null,
        cluster: input.cluster ?? null,
      },
    });
    return { id };
  });
}

/** So many runs of one person, or of one key, may run or wait at once. */
const WAITING_MAX = 20;
/** What nobody ran within this time is not wanted any more. */
const HOUR_MS = 3_600_000;

async function refuseFlood(tx: Tx, actor: Actor): Promise<void> {
  const person = personOf(actor);
  const own = [{ startedBy: actorKey(actor) }, ...(person === null ? [] : [{ actorId: person }])];
  const waiting = await tx.backtest.count({
    where: { state: 'running', OR: own, startedAt: { gt: new Date(Date.now() - HOUR_MS) } },
  });
  if (waiting < WAITING_MAX) return;
  throw new AppError(
    'rate_limited',
    `${waiting} back-tests of yours run or wait already. Let them finish, or cancel some.`,
    { retryAfterSeconds: 5 },
  );
}

const ruleSelect = {
  id: true,
  number: true,
  version: true,
  incidentId: true,
  scope: true,
  matcher: true,
  target: true,
  when: true,
} as const;

async function ruleOf(ref: string) {
  const [found] = await db.$queryRaw<{ id: string }[]>`SELECT id FROM mitigation WHERE ${byRef(ref, 'R')}`;
  const row = found && (await db.mitigation.findUnique({ where: { id: found.id }, select: ruleSelect }));
  if (!row) throw new AppError('not_found', `There is no mitigation ${ref}.`);
  const { id, number, version, incidentId, ...draft } = row;
  return { id, number, version, incidentId, draft: backtestBodySchema.parse(draft) };
}

/** How far a back-test is, and what it found. Throws `not_found`. */
export async function readBacktest(actor: Actor, id: string): Promise<BacktestState> {
  authorize(actor, 'mitigation.read');
  const row = UUID.test(id) ? await fresh(id) : null;
  if (!row) throw new AppError('not_found', GONE);
  const result = row.state === 'done' ? await resultOf(row.draft, row.result) : null;
  return {
    id,
    state: row.state as BacktestState['state'],
    scanned: row.scanned,
    total: row.total ?? 0,
    result,
    problem: row.problem ?? (row.state === 'running' && row.total === null ? await waitsFor(row) : null),
  };
}

const GONE = 'There is no such back-test; those of rules that were never saved are kept for a day.';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function fresh(id: string) {
  await markLost(db, id);
  return db.backtest.findUnique({ where: { id } });
}

/** Longer than this and somebody should be told why nothing happens. */
const WAITS_MS = 1_500;

async function waitsFor({ startedAt }: { startedAt: Date }): Promise<string | null> {
  if (Date.now() - startedAt.getTime() < WAITS_MS) return null;
  const busy = await db.backtest.count({ where: { state: 'running', total: { not: null } } });
  return busy > 0
    ? `Waits for its turn: ${busy} other ${busy === 1 ? 'back-test runs' : 'back-tests run'}.`
    : 'Waits for the worker, which is not running or is busy.';
}

async function resultOf(draft: unknown, stored: unknown): Promise<BacktestResult> {
  const { figures, examples, tookMs } = stored as RunResult;
  const rendered = await renderExamples(backtestBodySchema.parse(draft), examples);
  return { ...figures, examples: rendered, tookMs };
}

/**
 * Ends a back-test that runs or waits; one that is over stays as it is. For who started it, and for who writes rules.
 * Throws `not_found`.
 * no event: nothing but a reading is ended.
 */
export async function cancelBacktest(actor: Actor, id: string): Promise<{ cancelled: boolean }> {
  authorize(actor, 'mitigation.read');
  if (!UUID.test(id)) throw new AppError('not_found', GONE);
  const own = await db.backtest.count({ where: { id, startedBy: actorKey(actor) } });
  if (own === 0) authorize(actor, 'mitigation.draft');
  const { count } = await db.backtest.updateMany({
    where: { id, state: 'running' },
    data: { state: 'cancelled', finishedAt: new Date() },
  });
  const known = count > 0 || (await db.backtest.findUnique({ where: { id }, select: { id: true } }));
  if (!known) throw new AppError('not_found', GONE);
  return { cancelled: count > 0 };
}

/**
 * The newest finished back-test of this version of the rule, also one that was run on the same content for the same
 * incident before the rule was written down; null when it was never tried.
 * no authorize: answers verbs and queries that have asked.
 */
export async function latestBacktest(
  client: Tx,
  mitigationId: string,
  version: number,
): Promise<(BacktestResult & { id: string; finishedAt: Date | null }) | null> {
  const rule = await client.mitigation.findUnique({ where: { id: mitigationId }, select: ruleSelect });
  if (!rule) return null;
  const { incidentId, scope, matcher, target, when } = rule;
  const digest = digestOf(backtestBodySchema.parse({ scope, matcher, target, when }));
  const same = rule.version === version ? [{ digest, incidentId }] : [];
  const row = await client.backtest.findFirst({
    where: { state: 'done', OR: [{ mitigationId, version }, ...same] },
    orderBy: { finishedAt: 'desc' },
  });
  return row && { id: row.id, finishedAt: row.finishedAt, ...(await resultOf(row.draft, row.result)) };
}
