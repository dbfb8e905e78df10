import type { Actor } from '#lib/actor';
import { db, Prisma } from '#lib/db';
import { authorize } from '#lib/permissions';
import { IN_FLEET, IS_FRESH } from './members.ts';
import type { Trouble } from './troubles.ts';

/** A restart takes a moment: one that said goodbye is still counted for so long, until its successor is there. */
const RESTART_MS = 60_000;

export type Expectation = {
  key: string;
  labels: Record<string, string>;
  expected: number;
  /** Heard of lately, or gone by intent a moment ago. */
  there: number;
};

/** `i` is there, or has only just said goodbye. */
const IS_THERE = Prisma.sql`(i.kind <> 'relay' AND i.retired_at IS NULL AND ((${IN_FLEET} AND ${IS_FRESH})
  OR i.closed_at > clock_timestamp() - ${RESTART_MS} * interval '1 millisecond'))`;

/** Expectations (as `e`) with the instances that are there. */
const COUNTED = Prisma.sql`SELECT e.key, e.labels, e.expected,
    (SELECT count(*)::int FROM instance i WHERE ${IS_THERE} AND i.labels @> e.labels) AS there
  FROM fleet_expectation e`;

/** How many of the expectations are not met; a whole query in parentheses. */
export const UNMET = Prisma.sql`(SELECT count(*)::int FROM (${COUNTED}) AS counted WHERE there < expected)`;

/** How many instances there should be with which labels, and how many there are. */
export async function listExpectations(actor: Actor): Promise<Expectation[]> {
  authorize(actor, 'fleet.read');
  return db.$queryRaw<Expectation[]>`SELECT * FROM (${COUNTED}) AS counted ORDER BY key`;
}

/** One spelling for one set of labels. */
export const labelsKey = (labels: Record<string, string>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** "app=ide, region=eu", "the whole fleet". */
export function labelWords(labels: Record<string, string>): string {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return words.length > 0 ? words.sort().join(', ') : 'the whole fleet';
}

/** What is missing, as troubles of the fleet. */
export function shortfalls(expectations: readonly Expectation[]): Trouble[] {
  return expectations
    .filter(({ there, expected }) => there < expected)
    .map(({ labels, there, expected }) => ({
      instanceId: null,
      text: `${there} of ${expected} expected instances are there for ${labelWords(labels)}. The others stopped, are cut off, or serve without rules.`,
      isWhole: true,
      lastSeenAt: null,
    }));
}
