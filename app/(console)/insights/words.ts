import type { Flow, Window } from '#lib/insights/schema';
import { investigateHref, type Wanted } from '#lib/search/address';
import { durationLabel } from '#lib/time';

const HOUR_MS = 3_600_000;

/** A bucket's beginning in UTC, as short as its width allows. */
export function bucketLabel(at: string, window: Window): string {
  if (window === 'day') return at.slice(11, 16);
  return window === 'week' ? `${at.slice(5, 10)} ${at.slice(11, 13)}h` : at.slice(5, 10);
}

/** The interactions that arrived in a bucket. */
export function arrivedIn(at: string, bucketHours: number, filters: Wanted = {}): string {
  const until = new Date(Date.parse(at) + bucketHours * HOUR_MS).toISOString();
  return investigateHref({ ...filters, after: at, before: until });
}

/** The interactions that were decided in a bucket, whenever they arrived. */
export function decidedIn(at: string, bucketHours: number): string {
  const decidedUntil = new Date(Date.parse(at) + bucketHours * HOUR_MS).toISOString();
  return investigateHref({ 'decided-after': at, 'decided-before': decidedUntil });
}

export const duration = (ms: number | null) => (ms === null ? '–' : durationLabel(Math.max(0, ms)));

export const count = (value: number) => value.toLocaleString('en');

/** "1 item", "2 items". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Arrivals against decisions in one sentence. */
export function keepingUp(flow: readonly Flow[], label: string): string {
  const arrived = flow.reduce((sum, each) => sum + each.arrived, 0);
  const decided = flow.reduce((sum, each) => sum + each.decided, 0);
  if (arrived + decided === 0) return `Nothing arrived and nothing was decided in the ${label}.`;
  const both = `${counted(arrived, 'item')} arrived in the ${label} and ${count(decided)} were decided`;
  if (decided >= arrived) return `Yes: ${both}.`;
  return `No: ${both}, so ${count(arrived - decided)} more wait than before.`;
}
