import type { Names } from '#lib/audit/sentence';
import type { Tx } from '#lib/db';

/** Names of everybody who approved a rule, of some incidents or of all: events keep their ids only. */
export async function peopleCited(tx: Tx, incidentIds: string[] | null): Promise<Names> {
  const approvals = await tx.mitigationApproval.findMany({
    where: incidentIds === null ? {} : { mitigation: { incidentId: { in: incidentIds } } },
    distinct: ['approverId'],
    select: { approverId: true },
  });
  const users = await tx.user.findMany({
    where: { id: { in: approvals.map((approval) => approval.approverId) } },
    select: { id: true, name: true },
  });
  return new Map(users.map((user) => [user.id, user.name]));
}
