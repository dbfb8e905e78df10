import { SEVERITIES, type Severity } from '#lib/interactions/schema';
import { DUE_AFTER_MS } from '#lib/reviews/priority';

const MINUTE_MS = 60_000;
/** Width of a step, and of a group of due times. */
export const STEP_MS = 5 * MINUTE_MS;
/** How far the forecast looks: the longest time a decision may take. */
const HORIZON_MS = DUE_AFTER_MS.low;
const STEPS = HORIZON_MS / STEP_MS;

/** Pending items of one severity whose due time lies in the step that begins `dueInMs` from now; negative is overdue. */
export type DueGroup = { severity: Severity; dueInMs: number; count: number };

type Forecast = {
  bySeverity: {
    severity: Severity;
    pending: number;
    overdue: number;
    /** Of those pending now and not yet overdue: how many will not be decided in time. */
    late: number;
    /** When the first of them misses, milliseconds from now; null when none does. */
    firstMissMs: number | null;
  }[];
  late: number;
  firstMissMs: number | null;
  /** When no item that is pending now is left; null when not within the horizon. */
  clearedMs: number | null;
};

type Rates = { decidedPerHour: number; arrivedPerHour: Readonly<Record<Severity, number>> };

/**
 * A queueing simulation over counts, not items: one line, worked strictly by due time, at the rate of the last hour,
 * while items go on arriving at the rate of the last hour with their severity's whole time before them. It moves in
 * steps of five minutes up to 72 hours; whoever is still there at the end of the step in which they are due is late.
 * Clusters that spread, people who come or go, and which items a person may take are left out.
 */
export function forecastOf(groups: readonly DueGroup[], rates: Rates): Forecast {
  // Line 0 is what is overdue already, line n what is due in step n − 1, the last whatever is due later.
  const lines = Array.from({ length: 2 * STEPS + 2 }, () => new Line());
  const lineOf = (dueInMs: number) =>
    dueInMs < 0 ? 0 : Math.min(lines.length - 1, Math.floor(dueInMs / STEP_MS) + 1);
  for (const { severity, dueInMs, count } of groups) lines[lineOf(dueInMs)]?.add(severity, count);
  const overdue = SEVERITIES.map((severity) => lines[0]?.pending[severity] ?? 0);
  const late = new Map<Severity, { count: number; firstMs: number }>();
  let clearedMs: number | null = groups.length === 0 ? 0 : null;
  let front = 0;
  for (let step = 0; step < STEPS; step += 1) {
    for (const severity of SEVERITIES) {
      const line = lineOf(step * STEP_MS + DUE_AFTER_MS[severity]);
      const count = (rates.arrivedPerHour[severity] * STEP_MS) / (60 * MINUTE_MS);
      if (count > 0) {
        lines[line]?.arrive(count);
        front = Math.min(front, line);
      }
    }
    let work = (rates.decidedPerHour * STEP_MS) / (60 * MINUTE_MS);
    while (work > 1e-9 && front < lines.length) {
      work -= lines[front]?.serve(work) ?? 0;
      if ((lines[front]?.total ?? 0) > 1e-9) break;
      front += 1;
    }
    const due = lines[step + 1];
    for (const severity of SEVERITIES) {
      const missed = due?.pending[severity] ?? 0;
      if (missed <= 1e-9) continue;
      const before = late.get(severity);
      late.set(severity, {
        count: (before?.count ?? 0) + missed,
        firstMs: before?.firstMs ?? (step + 1) * STEP_MS,
      });
    }
    if (clearedMs === null && lines.every((line) => line.known <= 1e-6)) clearedMs = (step + 1) * STEP_MS;
  }
  const bySeverity = SEVERITIES.map((severity, index) => ({
    severity,
    pending: groups.reduce((sum, group) => sum + (group.severity === severity ? group.count : 0), 0),
    overdue: overdue[index] ?? 0,
    late: Math.round(late.get(severity)?.count ?? 0),
    firstMissMs: late.get(severity)?.firstMs ?? null,
  })).reverse();
  const misses = bySeverity.flatMap(({ firstMissMs }) => (firstMissMs === null ? [] : [firstMissMs]));
  return {
    bySeverity,
    late: bySeverity.reduce((sum, each) => sum + each.late, 0),
    firstMissMs: misses.length === 0 ? null : Math.min(...misses),
    clearedMs,
  };
}

/** What is due in one step: those that are pending now, by severity, and those that arrive meanwhile. */
class Line {
  pending: Record<Severity, number> = { low: 0, medium: 0, high: 0, critical: 0 };
  arrived = 0;
  known = 0;

  get total(): number {
    return this.known + this.arrived;
  }

  add(severity: Severity, count: number): void {
    this.pending[severity] += count;
    this.known += count;
  }

  arrive(count: number): void {
    this.arrived += count;
  }

  /** Does up to `work` of it, of everything in proportion; answers how much. */
  serve(work: number): number {
    const { total } = this;
    if (total <= 0) return 0;
    const done = Math.min(work, total);
    const left = 1 - done / total;
    for (const severity of SEVERITIES) this.pending[severity] *= left;
    this.known *= left;
    this.arrived *= left;
    return done;
  }
}
