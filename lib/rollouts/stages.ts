import type { Tx } from '#lib/db';
import type { Stage } from '#lib/mitigations/plan';
import { NOTHING, type Totals } from './totals.ts';

/** A stage that began, and what the fleet had counted by then. */
type Begun = { stage: Stage; at: Date; totals: Totals };

/** The stages a rule has been through since its last publish, oldest first, as its history tells them. */
export async function stagesBegun(tx: Tx, mitigationId: string): Promise<Begun[]> {
  const events = await tx.event.findMany({
    where: {
      subjectType: 'mitigation',
      subjectId: mitigationId,
      action: { in: ['mitigation.publish', 'mitigation.advance', 'mitigation.restore'] },
    },
    orderBy: { id: 'asc' },
    select: { action: true, body: true, occurredAt: true },
  });
  const begun: Begun[] = [];
  for (const { action, body, occurredAt } of events) {
    if (action !== 'mitigation.advance') begun.length = 0;
    const { stage, totals } = JSON.parse(body).data as { stage: Stage; totals?: Partial<Totals> };
    begun.push({ stage, at: occurredAt, totals: { ...NOTHING, ...totals } });
  }
  return begun;
}
