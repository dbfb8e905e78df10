import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { IS_FRESH, SERVES } from '#lib/fleet/members';
import { byRef } from '#lib/mitigations/lock';
import { nextStage, planSchema, type Stage, stagesOf } from '#lib/mitigations/plan';
import { authorize } from '#lib/permissions';
import type { OpenBreaker } from '#sdk/report';
import { type StageEvidence, stageEvidence } from './evidence.ts';
import { type Precision, precisionOf } from './precision.ts';
import { seenInStage } from './signals.ts';
import { stageEndsAt } from './stage-end.ts';
import { stagesBegun } from './stages.ts';
import { fleetTotals, since, type Totals } from './totals.ts';

export type StageProgress = {
  ref: string;
  stage: Stage;
  since: Date;
  /** Every stage of the plan, in order; figures only of those that have begun. */
  stages: { stage: Stage; begunAt: Date | null; figures: Totals | null }[];
  /** When its time is over and it may go on by itself; `at` is null where somebody has to say so. */
  next: {
    stage: Stage;
    at: Date | null /** What the stage must show before; null where it needs nothing. */;
    evidence: StageEvidence | null;
  } | null;
  heldReason: string | null;
  /** Hits per decision above which instances raise an alarm, 0 to 1. */
  maxHitRate: number | null;
  precision: Precision;
  breakers: { instanceId: string; reason: string; since: string }[];
};

/** How far a live rule has come, and what each stage saw; null for one that never went out. Throws `not_found`. */
export async function stageProgress(actor: Actor, ref: string): Promise<StageProgress | null> {
  authorize(actor, 'mitigation.read');
  const [found] = await db.$queryRaw<{ id: string }[]>`SELECT id FROM mitigation WHERE ${byRef(ref, 'R')}`;
  if (!found) throw new AppError('not_found', `There is no mitigation ${ref}.`);
  const row = await db.mitigation.findUniqueOrThrow({ where: { id: found.id } });
  if (row.stageSince === null) return null;
  const [begun, totals, open] = await Promise.all([
    stagesBegun(db, row.id),
    fleetTotals(db, row.id),
    db.$queryRaw<{ id: string; breakers: OpenBreaker[] }[]>`
      SELECT i.id, i.breakers FROM instance i
      WHERE i.breakers @> jsonb_build_array(jsonb_build_object('ruleId', ${row.id}::text))
        AND ${SERVES} AND ${IS_FRESH} ORDER BY i.id LIMIT 100`,
  ]);
  const plan = planSchema.parse(row.plan);
  const mode = row.mode === 'shadow' ? 'shadow' : 'enforce';
  const stage = row.stage as Stage;
  const precision = await precisionOf(db, `R-${row.number}`, begun[0]?.at ?? row.stageSince);
  const following = row.state === 'live' ? nextStage(plan, mode, stage) : null;
  const byItself = plan.autoAdvance && row.heldReason === null;
  const evidence = following === 'full' ? stageEvidence(await seenInStage(db, row.id), row.maxHitRate) : null;
  return {
    ref: `R-${row.number}`,
    stage,
    since: row.stageSince,
    stages: stagesOf(plan, mode).map((each) => {
      const at = begun.findIndex((one) => one.stage === each);
      const one = begun[at];
      if (!one) return { stage: each, begunAt: null, figures: null };
      return { stage: each, begunAt: one.at, figures: since(one.totals, begun[at + 1]?.totals ?? totals) };
    }),
    next: following && {
      stage: following,
      at: byItself ? stageEndsAt(row) : null,
      evidence,
    },
    heldReason: row.heldReason,
    maxHitRate: row.maxHitRate,
    precision,
    breakers: open.flatMap(({ id, breakers }) =>
      breakers
        .filter(({ ruleId }) => ruleId === row.id)
        .map(({ reason, since: openSince }) => ({ instanceId: id, reason, since: openSince })),
    ),
  };
}
