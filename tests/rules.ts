import { expect } from 'vitest';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { approveMitigation, draftMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { planSchema } from '#lib/mitigations/plan';
import type { DraftMitigation } from '#lib/mitigations/schema';
import { latestRuleset } from '#lib/rulesets/queries';
import { type Snapshot, snapshotSchema } from '#sdk/rule';
import { flagged, person } from './fixtures.ts';

/** Two commanders, an auditor and an incident with two linked interactions, and rules at every stage of it. */
export async function ruleDesk() {
  const ana = await person('commander', 'Ana');
  const bo = await person('commander', 'Bo');
  const auditor = await person('auditor');
  const row = await db.incident.create({ data: { id: newId(), title: 'Injection', severity: 'sev2' } });
  const incident = { id: row.id, ref: `INC-${row.number}` };
  for (const name of ['a', 'b']) {
    const completion = `def find_${name}(n):\n    cursor.execute("SELECT 1 WHERE n = '" + n + "'")\n`;
    const interactionId = await flagged({ completion });
    await db.incidentInteraction.create({ data: { incidentId: incident.id, interactionId } });
  }

  const input = (overrides: Partial<DraftMitigation> = {}): DraftMitigation => ({
    incident: incident.ref,
    title: 'SQL built by concatenation',
    scope: { languages: ['python'] },
    matcher: { kind: 're2', pattern: String.raw`execute\("SELECT [^"]*" \+`, ignoreCase: false },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: 180,
    // In full at once: stages have tests of their own.
    plan: planSchema.parse({ canarySeconds: 0 }),
    ...overrides,
  });
  const draft = (actor = ana, overrides: Partial<DraftMitigation> = {}) =>
    draftMitigation(actor, input(overrides));
  async function approved(overrides: Partial<DraftMitigation> = {}) {
    const rule = await draft(ana, overrides);
    await approveMitigation(bo, { mitigation: rule.ref, version: 1 });
    return rule;
  }
  async function live() {
    const rule = await approved();
    return { ...rule, ...(await publishMitigation(ana, { mitigation: rule.ref })) };
  }
  /** The last event of a subject, which must be part of the incident's history. */
  async function lastEvent(id: string) {
    const event = await db.event.findFirstOrThrow({ where: { subjectId: id }, orderBy: { id: 'desc' } });
    expect(event.incidentId).toBe(incident.id);
    return { action: event.action, actorName: event.actorName, data: JSON.parse(event.body).data };
  }
  return { ana, bo, auditor, incident, input, draft, approved, live, lastEvent };
}

/** The newest snapshot as instances read it. */
export async function newestSnapshot(): Promise<Snapshot> {
  return snapshotSchema.parse(JSON.parse((await latestRuleset())?.payload ?? ''));
}
