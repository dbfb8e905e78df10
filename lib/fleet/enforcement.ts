import { z } from 'zod';
import type { Actor } from '#lib/actor';
import { db, type Tx } from '#lib/db';
import type { Stage } from '#lib/mitigations/plan';
import { authorize } from '#lib/permissions';
import { type BeyondOpa, beyondOpaWords } from '#lib/rulesets/beyond-opa';
import { minuteLabel } from '#lib/time';
import { isMeantFor, type Standing, standingOf } from './enforcing.ts';
import { heldRules } from './held-rules.ts';
import { fleetMembers } from './members.ts';

/** Where a rule acts right now, by what each instance said it has active. */
export type Enforcement = {
  stage: Stage;
  /** Instances that serve, also silent ones, and of them those the rule is meant for by its labels. */
  fleet: number;
  meant: number;
  labels: Record<string, string>;
  /** Of those it is meant for, how many stand how; all add up to `meant`. */
  standings: Partial<Record<Standing, number>>;
  /** Why those that are `unable` do not judge it; null where there are none. */
  beyondOpa: BeyondOpa | null;
  /** On which it changes answers. */
  enforcing: number;
  /** Of `enforcing` all that the stage asks for: everywhere in full, at least one in a canary. */
  isComplete: boolean;
  /** When it begins, while that lies ahead: until then it acts nowhere, wherever it is. */
  beginsAt: Date | null;
  /** The minute of the first hit anywhere. */
  firstHitAt: Date | null;
};

const scopeSchema = z.object({ labels: z.record(z.string(), z.string()).optional() });

/** Not guarded: for verbs and pages that have authorized already. Reads with the caller's transaction. */
export async function enforcementIn(
  client: Tx | typeof db,
  mitigationIds: readonly string[],
): Promise<Record<string, Enforcement>> {
  if (mitigationIds.length === 0) return {};
  const ids = [...mitigationIds];
  const rules = await client.mitigation.findMany({
    where: { id: { in: ids } },
    select: { id: true, version: true, stage: true, mode: true, scope: true, startsAt: true },
  });
  const { members, now } = await fleetMembers(client);
  const firstHits = await client.$queryRaw<{ id: string; at: Date }[]>`
    SELECT mitigation_id::text AS id, min(minute) AS at FROM rule_hit_minute
    WHERE mitigation_id = ANY(${ids}::uuid[]) AND hits > 0 GROUP BY 1`;
  const rulesets = await heldRules([...new Set(members.map((member) => member.activeSeq))], client);
  return Object.fromEntries(
    rules.map(({ id, version, mode, scope, startsAt, ...rule }) => {
      const stage = mode === 'shadow' ? 'shadow' : (rule.stage as Stage);
      const labels = scopeSchema.safeParse(scope).data?.labels ?? {};
      const meant = { id, version, isCanary: stage === 'canary', labels };
      const standings: Enforcement['standings'] = {};
      let beyond: BeyondOpa | null = null;
      const addressed = members.filter((member) => isMeantFor(meant, member));
      for (const member of addressed) {
        const standing = standingOf(meant, member, rulesets, now);
        standings[standing] = (standings[standing] ?? 0) + 1;
        if (standing === 'unable')
          beyond = rulesets.get(member.activeSeq)?.rules.get(id)?.beyondOpa ?? beyond;
      }
      const beginsAt = startsAt !== null && startsAt > now ? startsAt : null;
      const enforcing = beginsAt === null ? (standings.enforcing ?? 0) : 0;
      const enforcement: Enforcement = {
        stage,
        fleet: members.length,
        meant: addressed.length,
        labels,
        standings,
        beyondOpa: beyond,
        enforcing,
        isComplete: stage === 'canary' ? enforcing > 0 : enforcing > 0 && enforcing === addressed.length,
        beginsAt,
        firstHitAt: firstHits.find((row) => row.id === id)?.at ?? null,
      };
      return [id, enforcement];
    }),
  );
}

/** Counted, not assumed: where these rules act. In a canary that is few by intent. */
export async function enforcementOf(
  actor: Actor,
  mitigationIds: readonly string[],
): Promise<Record<string, Enforcement>> {
  authorize(actor, 'fleet.read');
  return enforcementIn(db, mitigationIds);
}

const REMARKS: [Standing, string][] = [
  ['demoted', 'demoted on'],
  ['clock', 'clock wrong on'],
  ['partial', 'on a share of requests on'],
  ['outdated', 'older version on'],
  ['unknown', 'unknown ruleset on'],
  ['silent', 'silent'],
];

/** "enforced on 12 of 12", "canary: 1 of 12 instances, silent 1"; what keeps it from the others is named. */
export function enforcementWords(enforcement: Enforcement): string {
  const { stage, fleet, meant, enforcing, standings, beginsAt } = enforcement;
  if (meant === 0) return fleet === 0 ? 'no instance is connected' : nobodyMeant(enforcement);
  const remarks = REMARKS.flatMap(([standing, words]) => {
    const count = standings[standing] ?? 0;
    if (count === 0) return [];
    return standing === 'silent' ? [`${count} silent`] : [`${words} ${count}`];
  });
  const unjudged = unjudgedWords(enforcement);
  if (unjudged !== null) remarks.push(`${unjudged} (${standings.unable})`);
  const rest = remarks.length > 0 ? `, ${remarks.join(', ')}` : '';
  if (beginsAt !== null) {
    const there = (standings.waiting ?? 0) + (standings.shadow ?? 0);
    return `in place on ${there} of ${meant}, begins at ${minuteLabel(beginsAt)}${rest}`;
  }
  switch (stage) {
    case 'shadow':
      return `in shadow on ${standings.shadow ?? 0} of ${meant}${rest}`;
    case 'canary':
      return `canary: ${enforcing} of ${meant} ${meant === 1 ? 'instance' : 'instances'}${rest}`;
    case 'full':
      return `enforced on ${enforcing} of ${meant}${rest}`;
  }
}

/** "OPA does not judge this rule: it names versions of packages"; null where every OPA that it is meant for does. */
export function unjudgedWords({ beyondOpa }: Pick<Enforcement, 'beyondOpa'>): string | null {
  return beyondOpa && `OPA does not judge this rule: ${beyondOpaWords(beyondOpa)}`;
}

function nobodyMeant({ fleet, labels }: Enforcement): string {
  const wanted = Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
  return `none of ${fleet} ${fleet === 1 ? 'instance has' : 'instances has'} its labels (${wanted})`;
}
