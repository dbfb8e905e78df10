import { redirect } from 'next/navigation';
import { requireActor } from '#lib/auth';
import { getFirstSteps } from '#lib/live/first-steps';

/** Home is the room where this role works; an empty Stopgap starts with the first steps. */
export default async function HomePage() {
  const actor = await requireActor();
  const { interaction } = await getFirstSteps(actor);
  if (!interaction) redirect('/start');
  const home = {
    reviewer: '/queue',
    lead: '/queue',
    commander: '/incidents',
    auditor: '/audit',
    admin: '/start',
  }[actor.role];
  redirect(home);
}
