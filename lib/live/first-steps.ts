import type { Actor } from '#lib/actor';
import { db } from '#lib/db';
import { authorize } from '#lib/permissions';

/** What a new Stopgap has seen of its first three steps. */
export async function getFirstSteps(actor: Actor) {
  authorize(actor, 'incident.read');
  const [interaction, instance, people] = await Promise.all([
    db.interaction.findFirst({
      orderBy: { receivedAt: 'desc' },
      select: { id: true, receivedAt: true, source: true },
    }),
    db.instance.findFirst({ orderBy: { lastSeenAt: 'desc' }, select: { id: true, lastSeenAt: true } }),
    db.user.count({ where: { role: { in: ['reviewer', 'lead', 'commander'] }, disabledAt: null } }),
  ]);
  return { interaction, instance, people };
}
