import { SEVERITIES, type Severity } from '#lib/interactions/schema';

const HOUR_MS = 3_600_000;

/** How long a flagged interaction may wait for a decision, milliseconds by severity. */
export const DUE_AFTER_MS: Record<Severity, number> = {
  critical: HOUR_MS / 4,
  high: 4 * HOUR_MS,
  medium: 24 * HOUR_MS,
  low: 72 * HOUR_MS,
};

/** When a decision is due. The queue is worked by this time alone, so a low item still gets its turn. */
export function dueAt(receivedAt: Date, severity: Severity): Date {
  return new Date(receivedAt.getTime() + DUE_AFTER_MS[severity]);
}

/** The finding that gives an interaction its place: the most severe, and the first of those. */
export function worstFinding<F extends { severity: Severity }>(findings: readonly F[]): F | undefined {
  let worst: F | undefined;
  for (const finding of findings) {
    if (!worst || SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(worst.severity)) worst = finding;
  }
  return worst;
}
