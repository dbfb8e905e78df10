import type { Metadata } from 'next';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { listQueues } from '#lib/queues/queries';
import classes from '../settings.module.css';
import { QueueList } from './queue-list.tsx';

export const metadata: Metadata = { title: 'Queues' };

export default async function QueuesPage() {
  const actor = await requireActor();
  const queues = await listQueues(actor);
  return (
    <>
      <PageHeader title="Queues" facts={`${queues.length} in use`} />
      <p className={classes.intro}>
        An interaction joins the first queue, from the top, whose conditions it meets. Within one condition
        any of its values will do; all conditions must hold.
      </p>
      <QueueList
        queues={queues.map(({ oldestReceivedAt: _, ...queue }) => queue)}
        mayChange={can(actor, 'queue.manage')}
      />
    </>
  );
}
