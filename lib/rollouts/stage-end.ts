import { planSchema, type Stage, secondsOf } from '#lib/mitigations/plan';

/** What says when a stage ends, as a row of `mitigation` has it. */
export type Timed = { plan: unknown; stage: string; stageSince: Date | null; startsAt: Date | null };

/** When the time of a rule's stage is over; null for the last. What passes before the rule begins has shown nothing. */
export function stageEndsAt({ plan, stage, stageSince, startsAt }: Timed): Date | null {
  const seconds = secondsOf(planSchema.parse(plan), stage as Stage);
  if (seconds === null || stageSince === null) return null;
  const since = Math.max(stageSince.getTime(), startsAt?.getTime() ?? 0);
  return new Date(since + seconds * 1_000);
}

/** Whether it is. */
export function isOver(row: Timed, now: Date): boolean {
  const end = stageEndsAt(row);
  return end !== null && now >= end;
}
