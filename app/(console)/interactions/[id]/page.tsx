import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Visible } from '#components/diff/visible';
import { LinkButton } from '#components/link-button';
import { PageHeader } from '#components/shell/page-header';
import { StateBadge } from '#components/state-badge';
import { subjectHistory } from '#lib/audit/queries';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { getInteraction } from '#lib/interactions/queries';
import { can } from '#lib/permissions';
import { reopenChoice } from '#lib/reviews/queries';
import classes from '../interaction.module.css';
import { InteractionBody } from '../interaction-body.tsx';
import { InteractionFacts } from '../interaction-facts.tsx';
import { MitigateButton } from '../mitigate-button.tsx';
import { Decisions } from './decisions.tsx';

export const metadata: Metadata = { title: 'Interaction' };

export default async function InteractionPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor();
  const interaction = await getInteraction(actor, (await params).id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  const [reopening, history] = await Promise.all([
    reopenChoice(actor, interaction),
    subjectHistory(actor, { type: 'interaction', id: interaction.id }),
  ]);
  const waits =
    interaction.queue?.state === 'pending' &&
    !interaction.reviews.some(({ reviewer }) => reviewer.id === actor.id);
  return (
    <>
      <PageHeader
        title={<Visible text={interaction.title} />}
        facts={interaction.queue ? <StateBadge state={interaction.queue.state} /> : 'not in the queue'}
        actions={
          <>
            {can(actor, 'incident.declare') && (
              <LinkButton href={`/incidents/new?interactions=${interaction.id}`} variant="default">
                Declare incident
              </LinkButton>
            )}
            {can(actor, 'mitigation.draft') && <MitigateButton interaction={interaction.id} />}
            {waits && can(actor, 'review.claim') && (
              <LinkButton href={`/queue/${interaction.id}`}>Review it</LinkButton>
            )}
          </>
        }
      />
      <Decisions interaction={interaction} reopening={reopening} history={history} />
      <div className={classes.columns}>
        <InteractionBody
          key={interaction.id}
          interaction={interaction}
          mayReveal={can(actor, 'interaction.reveal')}
        />
        <InteractionFacts interaction={interaction} />
      </div>
    </>
  );
}
