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
        An interaction joins the first queue, from the top, that takes it. Within one condition any of its
        values will do; all conditions must hold. The default queue is always last and takes the rest, so it
        has no conditions, cannot be moved and cannot be archived. After a change, what is pending is routed
        again within seconds; nothing is lost on the way.
      </p>
      <QueueList
        queues={queues.map(({ oldestReceivedAt, ...queue }) => ({
          ...queue,
          oldest: oldestReceivedAt?.toISOString() ?? null,
        }))}
        mayChange={can(actor, 'queue.manage')}
      />
    </>
  );
}
