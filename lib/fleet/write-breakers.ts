import type { Tx } from '#lib/db';
import { type OpenBreaker, openBreakerSchema } from '#sdk/report';
import type { Tally } from './tally.ts';

export type BreakerChange = {
  instanceId: string;
  ruleId: string;
  incidentId: string;
  ref: string;
  isOpen: boolean;
  reason: string;
};

const storedSchema = openBreakerSchema.array();

/**
 * Remembers which rules each instance demoted to shadow by itself and answers what changed. `rows` are instances
 * whose rows this transaction has just written, so it holds their locks: a second feed with the same report waits,
 * then finds nothing new.
 */
export async function writeBreakers(tx: Tx, rows: Tally['instances']): Promise<BreakerChange[]> {
  const reported = new Map(rows.map(({ report }) => [report.instanceId, report.breakers]));
  const withSome = rows
    .filter(({ report }) => report.breakers.length > 0)
    .map(({ report }) => report.instanceId);
  const stored = await tx.$queryRaw<{ id: string; breakers: unknown }[]>`
    SELECT id, breakers FROM instance
    WHERE id = ANY(${[...reported.keys()]}::text[])
      AND (breakers <> '[]'::jsonb OR id = ANY(${withSome}::text[])) ORDER BY id`;
  const changes: Omit<BreakerChange, 'incidentId' | 'ref'>[] = [];
  const changed: { id: string; breakers: OpenBreaker[] }[] = [];
  for (const { id, breakers } of stored) {
    const before = new Map((storedSchema.safeParse(breakers).data ?? []).map((one) => [one.ruleId, one]));
    const now = new Map((reported.get(id) ?? []).map((one) => [one.ruleId.toLowerCase(), one]));
    const opened = [...now].filter(([ruleId]) => !before.has(ruleId));
    const closed = [...before].filter(([ruleId]) => !now.has(ruleId));
    if (opened.length + closed.length === 0) continue;
    changed.push({ id, breakers: [...now].map(([ruleId, one]) => ({ ...one, ruleId })) });
    for (const [ruleId, { reason }] of opened) changes.push({ instanceId: id, ruleId, isOpen: true, reason });
    for (const [ruleId, { reason }] of closed)
      changes.push({ instanceId: id, ruleId, isOpen: false, reason });
  }
  if (changed.length === 0) return [];
  await tx.$executeRaw`
    UPDATE instance i SET breakers = given.breakers::jsonb FROM unnest(
      ${changed.map((row) => row.id)}::text[], ${changed.map((row) => JSON.stringify(row.breakers))}::text[]
    ) AS given (id, breakers) WHERE i.id = given.id`;
  const rules = await tx.mitigation.findMany({
    where: { id: { in: [...new Set(changes.map((change) => change.ruleId))] } },
    select: { id: true, number: true, incidentId: true },
  });
  const ruleOf = new Map(rules.map((rule) => [rule.id, rule]));
  return changes.flatMap((change) => {
    const rule = ruleOf.get(change.ruleId);
    return rule ? [{ ...change, incidentId: rule.incidentId, ref: `R-${rule.number}` }] : [];
  });
}
