import { z } from 'zod';
import { rolloutBucket } from '#sdk/rollout';
import type { Rule } from '#sdk/rule';

/** How far a live rule is rolled out. */
export const STAGES = ['shadow', 'canary', 'full'] as const;
export type Stage = (typeof STAGES)[number];

const seconds = z
  .int()
  .min(0)
  .max(7 * 86_400);
const percent = z.number().min(0).max(100);

/** What a rule goes through after its publish; a stage of 0 seconds is left out. */
export const planSchema = z.strictObject({
  shadowSeconds: seconds.default(0),
  canarySeconds: seconds.default(30),
  /** Per cent of the instances and of the requests that the canary enforces on. */
  canaryInstances: percent.default(10),
  canaryRequests: percent.gt(0, 'must leave the canary something to try').default(100),
  /** Goes on by itself when a stage is over and nothing speaks against it; else a commander advances it. */
  autoAdvance: z.boolean().default(true),
});
export type Plan = z.infer<typeof planSchema>;

/**
 * The plan a rule of an incident of this severity has unless somebody says otherwise. The highest severity skips
 * shadow, and nothing skips canary.
 */
export function defaultPlan(severity: string): Plan {
  const shadowSeconds = severity === 'sev1' ? 0 : 60;
  const canarySeconds = severity === 'sev1' ? 10 : 60;
  return planSchema.parse({ shadowSeconds, canarySeconds });
}

/** The stages of a plan in order; `full` is always the last. A rule that only shadows stays in `shadow`. */
export function stagesOf(plan: Plan, mode: Rule['mode']): Stage[] {
  if (mode === 'shadow') return ['shadow'];
  return [
    ...(plan.shadowSeconds > 0 ? (['shadow'] as const) : []),
    ...(plan.canarySeconds > 0 ? (['canary'] as const) : []),
    'full',
  ];
}

/** The next stage, null after the last. */
export function nextStage(plan: Plan, mode: Rule['mode'], stage: Stage): Stage | null {
  const stages = stagesOf(plan, mode);
  return stages[stages.indexOf(stage) + 1] ?? null;
}

/** Seconds a stage lasts before the next one may begin; null for the last. */
export function secondsOf(plan: Plan, stage: Stage): number | null {
  return { shadow: plan.shadowSeconds, canary: plan.canarySeconds, full: null }[stage];
}

/**
 * The plan with a canary that really tries the rule on somebody: at least one of the instances that are connected now,
 * and never all of them where there are two or more. With nobody connected it stays as it was.
 */
export function withCanaryOf(plan: Plan, ruleId: string, instanceIds: readonly string[]): Plan {
  const places = instanceIds.map((id) => rolloutBucket(ruleId, id)).sort((a, b) => a - b);
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return plan;
  // A place is in when it lies below the share.
  const least = Math.min(100, first + 0.001);
  const most = places.length > 1 ? Math.max(least, last) : 100;
  return { ...plan, canaryInstances: Math.min(most, Math.max(least, plan.canaryInstances)) };
}

/** What a stage means on the wire. */
export function onTheWire(plan: Plan, mode: Rule['mode'], stage: Stage): Pick<Rule, 'mode' | 'rollout'> {
  const everywhere = { instances: 100, requests: 100 };
  if (mode === 'shadow' || stage === 'shadow') return { mode: 'shadow', rollout: everywhere };
  if (stage === 'full') return { mode: 'enforce', rollout: everywhere };
  return { mode: 'enforce', rollout: { instances: plan.canaryInstances, requests: plan.canaryRequests } };
}
