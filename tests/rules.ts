import { expect } from 'vitest';
import type { Actor } from '#lib/actor';
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
  const draft = (actor: Actor = ana, overrides: Partial<DraftMitigation> = {}) =>
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

/** A finished back-test of one version, by what it says of harmless traffic: `hits` of `total` control samples. */
export async function backtested(mitigationId: string, hits = 0, total = 5_000, version = 1): Promise<void> {
  const share = { hits, total, erased: 0, low: 0, high: (hits + 3.84) / total };
  const upperBound95 = hits === 0 ? 3 / total : null;
  const figures = { notHarmful: { ...share, reviewed: share, control: share, upperBound95 } };
  await db.backtest.create({
    data: {
      id: newId(),
      digest: 'of this version',
      draft: { scope: {}, matcher: { kind: 'literal', text: 'evil(' }, target: 'completion' },
      mitigationId,
      version,
      state: 'done',
      finishedAt: new Date(),
      result: { figures, examples: [], tookMs: 1 },
    },
  });
}

/** The newest snapshot as instances read it. */
export async function newestSnapshot(): Promise<Snapshot> {
  return snapshotSchema.parse(JSON.parse((await latestRuleset())?.payload ?? ''));
}
