import { z } from 'zod';
import { rolloutBucket } from '#sdk/rollout';
import type { Rule } from '#sdk/rule';
import { isKillSwitch } from './kill-switch.ts';
import type { Asked } from './worst.ts';

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
 * shadow, and nothing skips canary but a kill switch: it is meant to hit everything, so a few hits would show nothing.
 */
export function defaultPlan(severity: string, rule: Asked): Plan {
  if (isKillSwitch(rule)) return planSchema.parse({ shadowSeconds: 0, canarySeconds: 0 });
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

/** A shorter canary shows nothing; the default of the highest severity. */
const CANARY_LEAST_SECONDS = 10;
/** Shares of the traffic, 0 to 1: a canary of less hardly meets any, one of more is no try but the whole. */
const CANARY_LEAST_SHARE = 0.01;
const CANARY_MOST_SHARE = 0.5;

/** The part of the traffic that a canary enforces on, 0 to 1. */
function canaryShare(plan: Pick<Plan, 'canaryInstances' | 'canaryRequests'>): number {
  return (plan.canaryInstances * plan.canaryRequests) / 10_000;
}

/** The plan with the share of these connected instances that its canary really reaches, where that is more. */
export function reaching<P extends Plan>(plan: P, ruleId: string, instanceIds: readonly string[]): P {
  if (instanceIds.length === 0) return plan;
  const reached = instanceIds.filter((id) => rolloutBucket(ruleId, id) < plan.canaryInstances).length;
  const canaryInstances = Math.max(plan.canaryInstances, (reached / instanceIds.length) * 100);
  return { ...plan, canaryInstances };
}

const perCent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;

/** Why the canary of a plan does not try a rule on a few before it reaches all, as a sentence; null where it does. */
export function canaryProblem(
  plan: Pick<Plan, 'canarySeconds' | 'canaryInstances' | 'canaryRequests'>,
): string | null {
  const share = canaryShare(plan);
  if (plan.canarySeconds === 0) return 'It skips the canary.';
  if (plan.canarySeconds < CANARY_LEAST_SECONDS) {
    return `Its canary is shorter than ${CANARY_LEAST_SECONDS} seconds, which shows nothing.`;
  }
  if (share > CANARY_MOST_SHARE) {
    return `Its canary acts on up to ${perCent(share)} of the traffic: above ${perCent(CANARY_MOST_SHARE)} it is no canary. Lower its share of the instances or of the requests.`;
  }
  if (share < CANARY_LEAST_SHARE) {
    return `Its canary acts on ${perCent(share)} of the traffic: below ${perCent(CANARY_LEAST_SHARE)} it shows nothing.`;
  }
  return null;
}

/** What a stage means on the wire. */
export function onTheWire(plan: Plan, mode: Rule['mode'], stage: Stage): Pick<Rule, 'mode' | 'rollout'> {
  const everywhere = { instances: 100, requests: 100 };
  if (mode === 'shadow' || stage === 'shadow') return { mode: 'shadow', rollout: everywhere };
  if (stage === 'full') return { mode: 'enforce', rollout: everywhere };
  return { mode: 'enforce', rollout: { instances: plan.canaryInstances, requests: plan.canaryRequests } };
}
