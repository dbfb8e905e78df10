import { SEVERITIES, type Severity } from '#lib/interactions/schema';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a flagged interaction may wait for a decision, milliseconds by severity. */
export const DUE_AFTER_MS: Record<Severity, number> = {
  critical: HOUR_MS / 4,
  high: 4 * HOUR_MS,
  medium: 24 * HOUR_MS,
  low: 72 * HOUR_MS,
};

/** What a cluster tells of how far an interaction's kind has spread; the columns of `cluster`. */
export type SpreadStats = {
  size: number;
  actors: number;
  tenants: number;
  /** Members with an outcome, and those of them that users kept. */
  rated: number;
  accepted: number;
  lastHour: number;
};

/** Members with an outcome that count as not kept before any is known: three of three kept is not yet "always". */
const UNKNOWN_OUTCOMES = 3;

/**
 * How many times sooner than a lone one an interaction is due, 1 or more: the mean of the doublings of members,
 * actors, tenants and arrivals of the last hour, up to doubled again by how often users kept the suggestion.
 */
export function spreadOf(stats: SpreadStats): number {
  const doublings = [stats.size, stats.actors, stats.tenants, stats.lastHour].map((count) =>
    Math.log2(Math.max(1, count)),
  );
  const mean = doublings.reduce((sum, each) => sum + each, 0) / doublings.length;
  const kept = Math.min(1, stats.accepted / (stats.rated + UNKNOWN_OUTCOMES));
  return 1 + mean * (1 + Math.max(0, kept));
}

/**
 * When a decision is due. The queue is worked by this time alone: it depends on nothing that arrives later but the
 * item's own kind, and spreading only brings it forward, so a low item still gets its turn.
 */
export function dueAt(receivedAt: Date, severity: Severity, spread = 1): Date {
  return new Date(receivedAt.getTime() + windowMs(severity, spread));
}

/** How soon after arrival a decision is due, as one word. */
export const BANDS = ['now', 'soon', 'today', 'later'] as const;
export type Band = (typeof BANDS)[number];

/** now: within 15 minutes of arrival; soon: 4 hours; today: 24; later: longer. */
export function bandOf(severity: Severity, spread: number): Band {
  const window = windowMs(severity, spread);
  if (window <= 15 * MINUTE_MS) return 'now';
  if (window <= 4 * HOUR_MS) return 'soon';
  return window <= 24 * HOUR_MS ? 'today' : 'later';
}

/** Why an item stands where it stands, in one line: `46 like it, 38 actors, 5 tenants, accepted 61 %, +12 last hour`. */
export function whyOf(stats: SpreadStats | null): string {
  if (!stats || stats.size < 2) return 'nothing like it so far';
  const parts = [`${stats.size.toLocaleString('en')} like it`];
  if (stats.actors > 1) parts.push(`${stats.actors.toLocaleString('en')} actors`);
  if (stats.tenants > 1) parts.push(`${stats.tenants.toLocaleString('en')} tenants`);
  if (stats.rated > 0) parts.push(`accepted ${Math.round((stats.accepted / stats.rated) * 100)} %`);
  if (stats.lastHour > 0) parts.push(`+${stats.lastHour.toLocaleString('en')} last hour`);
  return parts.join(', ');
}

/** The finding that gives an interaction its place: the most severe, and the first of those. */
export function worstFinding<F extends { severity: Severity }>(findings: readonly F[]): F | undefined {
  let worst: F | undefined;
  for (const finding of findings) {
    if (!worst || SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(worst.severity)) worst = finding;
  }
  return worst;
}

function windowMs(severity: Severity, spread: number): number {
  return Math.round(DUE_AFTER_MS[severity] / Math.max(1, spread));
}
