import type { Prisma, Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import { FINAL_STATES } from '#lib/incidents/states';
import { STAGES, type Stage } from '#lib/mitigations/plan';
import { recordSelect } from '#lib/mitigations/record';
import { secondPersonSelect } from '#lib/mitigations/second-person';
import { type Rule, snapshotSchema } from '#sdk/rule';

type RestorableRow = Prisma.MitigationGetPayload<{ select: typeof restorable }>;
const restorable = {
  ...recordSelect,
  ...secondPersonSelect,
  state: true,
  publishedDigest: true,
  incident: { select: { number: true, state: true } },
} as const;

/** What going back to an earlier snapshot does to the rules of today. */
export type Restoration = {
  /** Live today and not in it. */
  ending: RestorableRow[];
  /** In it, and not live today or in another stage. */
  returning: { row: RestorableRow; stage: Stage }[];
  /** In it, and over for good: their own time has passed, or their incident is over and nobody would watch them. */
  over: string[];
  /** Ids of all rules that were looked at, and are locked where that was asked for: what is live and not among them came since. */
  known: string[];
};

/** How far a rule was rolled out in a snapshot, for one that means to enforce. */
function stageIn({ mode, rollout }: Rule): Stage {
  if (mode === 'shadow') return 'shadow';
  return rollout.instances >= 100 && rollout.requests >= 100 ? 'full' : 'canary';
}

// Going back takes a rule that is live back, never further: what holds it in its stage is not asked here.
const isBefore = (stage: Stage, now: Stage) => STAGES.indexOf(stage) < STAGES.indexOf(now);

/**
 * Says what has to change for the content of snapshot `seq` to be live again. A rule comes back in the version and stage
 * it had then, and never past its own end or further than it is. `lock`: holds every rule concerned until the transaction
 * ends; for whoever carries it out. Throws `not_found`.
 */
export async function planRestoration(
  tx: Tx,
  seq: number,
  now: Date,
  { lock }: { lock: boolean },
): Promise<Restoration> {
  const ruleset = await tx.ruleset.findUnique({ where: { seq }, select: { payload: true } });
  if (!ruleset) throw new AppError('not_found', `There is no ruleset ${seq}.`);
  const wanted = new Map(
    snapshotSchema.parse(JSON.parse(ruleset.payload)).rules.map((rule) => [rule.id, rule]),
  );
  if (lock) {
    await tx.$queryRaw`
      SELECT 1 FROM mitigation WHERE state = 'live' OR id = ANY(${[...wanted.keys()]}::uuid[]) ORDER BY id FOR UPDATE`;
  }
  const rows = await tx.mitigation.findMany({
    where: { OR: [{ state: 'live' }, { id: { in: [...wanted.keys()] } }] },
    orderBy: [{ incidentId: 'asc' }, { number: 'asc' }],
    select: restorable,
  });
  const ending = rows.filter((row) => row.state === 'live' && !wanted.has(row.id));
  const returning: Restoration['returning'] = [];
  const over: string[] = [];
  for (const row of rows) {
    const rule = wanted.get(row.id);
    if (!rule) continue;
    const stage = row.mode === 'shadow' ? 'shadow' : stageIn(rule);
    const isLive = row.state === 'live';
    const isUnwatched = !isLive && FINAL_STATES.some((state) => state === row.incident.state);
    if (row.expiresAt <= now || (row.approvalDueAt && row.approvalDueAt <= now) || isUnwatched) {
      over.push(`R-${row.number}`);
    } else if (row.version === rule.version && (!isLive || isBefore(stage, row.stage as Stage))) {
      returning.push({ row, stage });
    }
  }
  return { ending, returning, over, known: rows.map(({ id }) => id) };
}
