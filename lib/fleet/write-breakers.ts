import type { ClientBase } from 'pg';
import { type OpenBreaker, openBreakerSchema } from '#sdk/report';
import type { Tally } from './tally.ts';
import { runNamed, type WrittenInstance } from './write.ts';

/** What instances say of single rules: that they demoted it, or that it is out of the ordinary and goes on. */
export type Said = 'breakers' | 'alarms';

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
 * Remembers which rules each instance demoted to shadow by itself, or raises an alarm about, and answers what changed. `written` are instances
 * whose rows this transaction has just written, so it holds their locks: a second feed with the same report waits,
 * then finds nothing new.
 */
export async function writeBreakers(
  client: ClientBase,
  written: WrittenInstance[],
  reports: Tally['instances'],
  said: Said,
): Promise<BreakerChange[]> {
  const reported = new Map(reports.map(({ report }) => [report.instanceId, report[said] ?? []]));
  const changes: Omit<BreakerChange, 'incidentId' | 'ref'>[] = [];
  const changed: { id: string; open: OpenBreaker[] }[] = [];
  for (const { id, [said]: stored } of written) {
    const open = (reported.get(id) ?? []).map((one) => ({ ...one, ruleId: one.ruleId.toLowerCase() }));
    if (open.length === 0 && Array.isArray(stored) && stored.length === 0) continue;
    // Several alarms of one rule are one: the first says what began.
    const byRule = (list: OpenBreaker[]) => new Map(list.toReversed().map((one) => [one.ruleId, one]));
    const before = byRule(storedSchema.safeParse(stored).data ?? []);
    const now = byRule(open);
    const opened = [...now].filter(([ruleId]) => !before.has(ruleId));
    const closed = [...before].filter(([ruleId]) => !now.has(ruleId));
    if (opened.length + closed.length === 0) continue;
    changed.push({ id, open: [...now.values()] });
    for (const [ruleId, { reason }] of opened) changes.push({ instanceId: id, ruleId, isOpen: true, reason });
    for (const [ruleId, { reason }] of closed)
      changes.push({ instanceId: id, ruleId, isOpen: false, reason });
  }
  if (changed.length === 0) return [];
  await runNamed(
    client,
    said,
    `UPDATE instance i SET ${said} = given.open::jsonb
    FROM unnest($1::text[], $2::text[]) AS given (id, open) WHERE i.id = given.id`,
    [changed.map((row) => row.id), changed.map((row) => JSON.stringify(row.open))],
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
