import { redirect } from 'next/navigation';
import { requireActor } from '#lib/auth';
import { getFirstSteps } from '#lib/live/first-steps';

const HOME = {
  reviewer: '/queue',
  lead: '/queue',
  commander: '/incidents',
  auditor: '/audit',
  admin: '/start',
};

/**
 * Home is the room where this role works; an empty Stopgap starts with the first steps. A route and no page: a page
 * that redirects has begun to stream, and whoever opens it loads two.
 */
export async function GET(): Promise<never> {
  const actor = await requireActor();
  const { interaction } = await getFirstSteps(actor);
  redirect(interaction ? HOME[actor.role] : '/start');
}
