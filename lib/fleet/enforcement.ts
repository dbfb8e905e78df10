import { z } from 'zod';
import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import type { Stage } from '#lib/mitigations/plan';
import { authorize } from '#lib/permissions';
import { minuteLabel } from '#lib/time';
import { openBreakerSchema } from '#sdk/report';
import { rolloutBucket } from '#sdk/rollout';
import { forcesAt } from './rule-force.ts';
import { GONE_AFTER_MS } from './schema.ts';

/** Where a rule acts right now, by what each connected instance said it has active. */
export type Enforcement = {
  stage: Stage;
  /** Connected instances the rule is meant for, by its labels. */
  connected: number;
  /** Of them: those on which it changes answers, only counts, was demoted, or is not known yet. */
  enforcing: number;
  shadowing: number;
  demoted: number;
  missing: number;
  /** When it begins, while that lies ahead: until then it acts nowhere, wherever it is. */
  beginsAt: Date | null;
  /** The minute of the first hit anywhere. */
  firstHitAt: Date | null;
};

const scopeSchema = z.object({ labels: z.record(z.string(), z.string()).optional() });
const breakersSchema = openBreakerSchema.array();

/**
 * Counted, not assumed: an instance enforces a rule when the snapshot it has active enforces it, its share of the
 * rollout falls on that instance, and it has not demoted it. In a canary that is few by intent.
 */
export async function enforcementOf(
  actor: Actor,
  mitigationIds: readonly string[],
): Promise<Record<string, Enforcement>> {
  authorize(actor, 'fleet.read');
  if (mitigationIds.length === 0) return {};
  const ids = [...mitigationIds];
  const [rules, instances, firstHits] = await Promise.all([
    db.mitigation.findMany({
      where: { id: { in: ids } },
      select: { id: true, stage: true, mode: true, scope: true, startsAt: true },
    }),
    db.$queryRaw<{ id: string; activeSeq: number; labels: Record<string, string>; breakers: unknown }[]>`
      SELECT id, active_seq AS "activeSeq", labels, breakers FROM instance
      WHERE kind <> 'relay' AND last_seen_at > clock_timestamp() - ${GONE_AFTER_MS} * interval '1 millisecond'`,
    db.$queryRaw<{ id: string; at: Date }[]>`
      SELECT mitigation_id::text AS id, min(minute) AS at FROM rule_hit_minute
      WHERE mitigation_id = ANY(${ids}::uuid[]) AND hits > 0 GROUP BY 1`,
  ]);
  const now = new Date();
  const forces = await forcesAt([...new Set(instances.map((instance) => instance.activeSeq))]);
  const demotedAt = new Map(
    instances.map(({ id, breakers }) => [
      id,
      new Set((breakersSchema.safeParse(breakers).data ?? []).map((breaker) => breaker.ruleId)),
    ]),
  );
  return Object.fromEntries(
    rules.map(({ id, stage, mode, scope, startsAt }) => {
      const meant = scopeSchema.safeParse(scope).data?.labels ?? {};
      const sum: Enforcement = {
        stage: mode === 'shadow' ? 'shadow' : (stage as Stage),
        connected: 0,
        enforcing: 0,
        shadowing: 0,
        demoted: 0,
        missing: 0,
        beginsAt: startsAt !== null && startsAt > now ? startsAt : null,
        firstHitAt: firstHits.find((row) => row.id === id)?.at ?? null,
      };
      for (const instance of instances) {
        const rule = forces.get(instance.activeSeq)?.get(id);
        const labels = Object.entries(rule?.labels ?? meant);
        if (!labels.every(([key, value]) => instance.labels[key] === value)) continue;
        sum.connected++;
        if (!rule) sum.missing++;
        else if (demotedAt.get(instance.id)?.has(id)) sum.demoted++;
        else if (rule.force === 'shadow') sum.shadowing++;
        else if (sum.beginsAt === null && rolloutBucket(id, instance.id) < rule.instances) sum.enforcing++;
      }
      return [id, sum];
    }),
  );
}

/** "enforced on 12 of 12", "canary: 1 of 12 instances", "in shadow on 12 of 12"; what a demotion takes away is said. */
export function enforcementWords(enforcement: Enforcement): string {
  const { stage, connected, enforcing, shadowing, demoted } = enforcement;
  if (connected === 0) return 'no instance is connected';
  if (enforcement.beginsAt !== null) {
    const there = connected - enforcement.missing;
    return `in place on ${there} of ${connected}, begins at ${minuteLabel(enforcement.beginsAt)}`;
  }
  const broken = demoted > 0 ? `, demoted on ${demoted}` : '';
  switch (stage) {
    case 'shadow':
      return `in shadow on ${shadowing} of ${connected}${broken}`;
    case 'canary':
      return `canary: ${enforcing} of ${connected} ${connected === 1 ? 'instance' : 'instances'}${broken}`;
    case 'full':
      return `enforced on ${enforcing} of ${connected}${broken}`;
  }
}
