import type { ClientBase } from 'pg';
import { type OpenBreaker, openBreakerSchema } from '#sdk/report';
import type { Tally } from './tally.ts';
import { runNamed, type WrittenInstance } from './write.ts';

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
 * Remembers which rules each instance demoted to shadow by itself and answers what changed. `written` are instances
 * whose rows this transaction has just written, so it holds their locks: a second feed with the same report waits,
 * then finds nothing new.
 */
export async function writeBreakers(
  client: ClientBase,
  written: WrittenInstance[],
  said: Tally['instances'],
): Promise<BreakerChange[]> {
  const reported = new Map(said.map(({ report }) => [report.instanceId, report.breakers]));
  const changes: Omit<BreakerChange, 'incidentId' | 'ref'>[] = [];
  const changed: { id: string; breakers: OpenBreaker[] }[] = [];
  for (const { id, breakers } of written) {
    const open = reported.get(id) ?? [];
    if (open.length === 0 && Array.isArray(breakers) && breakers.length === 0) continue;
    const before = new Map((storedSchema.safeParse(breakers).data ?? []).map((one) => [one.ruleId, one]));
    const now = new Map(open.map((one) => [one.ruleId.toLowerCase(), one]));
    const opened = [...now].filter(([ruleId]) => !before.has(ruleId));
    const closed = [...before].filter(([ruleId]) => !now.has(ruleId));
    if (opened.length + closed.length === 0) continue;
    changed.push({ id, breakers: [...now].map(([ruleId, one]) => ({ ...one, ruleId })) });
    for (const [ruleId, { reason }] of opened) changes.push({ instanceId: id, ruleId, isOpen: true, reason });
    for (const [ruleId, { reason }] of closed)
      changes.push({ instanceId: id, ruleId, isOpen: false, reason });
  }
  if (changed.length === 0) return [];
  await runNamed(
    client,
    'breakers',
    `UPDATE instance i SET breakers = given.breakers::jsonb
    FROM unnest($1::text[], $2::text[]) AS given (id, breakers) WHERE i.id = given.id`,
    [changed.map((row) => row.id), changed.map((row) => JSON.stringify(row.breakers))],
  );
  const rules = await runNamed<{ id: string; number: number; incidentId: string }>(
    client,
    'broken-rules',
    'SELECT id::text, number, incident_id::text AS "incidentId" FROM mitigation WHERE id = ANY($1::uuid[])',
    [[...new Set(changes.map((change) => change.ruleId))]],
  );
  const ruleOf = new Map(rules.map((rule) => [rule.id, rule]));
  return changes.flatMap((change) => {
    const rule = ruleOf.get(change.ruleId);
    return rule ? [{ ...change, incidentId: rule.incidentId, ref: `R-${rule.number}` }] : [];
  });
}
