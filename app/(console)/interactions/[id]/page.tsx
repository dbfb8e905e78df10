import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Visible } from '#components/diff/visible';
import { LinkButton } from '#components/link-button';
import { RelativeTime } from '#components/relative-time';
import { PageHeader } from '#components/shell/page-header';
import { StateBadge } from '#components/state-badge';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { type FullInteraction, getInteraction } from '#lib/interactions/queries';
import { can } from '#lib/permissions';
import classes from '../interaction.module.css';
import { InteractionBody } from '../interaction-body.tsx';
import { InteractionFacts } from '../interaction-facts.tsx';
import { MitigateButton } from '../mitigate-button.tsx';

export const metadata: Metadata = { title: 'Interaction' };

export default async function InteractionPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor();
  const interaction = await getInteraction(actor, (await params).id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  const pending = interaction.queue?.state === 'pending';
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
            {pending && can(actor, 'review.claim') && (
              <LinkButton href={`/queue/${interaction.id}`}>Review it</LinkButton>
            )}
          </>
        }
      />
      <Decisions interaction={interaction} />
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

function Decisions({ interaction: { reviews, queue } }: { interaction: FullInteraction }) {
  if (reviews.length === 0) {
    return queue?.heldBy ? (
      <p className={classes.decisions}>{queue.heldBy.name} is reviewing it now.</p>
    ) : null;
  }
  return (
    <ul className={classes.decisions} aria-label="Decisions">
      {reviews.map((review) => (
        <li key={review.id}>
          <strong>{review.reviewer.name}</strong> decided <StateBadge state={review.verdict} />
          {review.policy && ` by ${review.policy.title} v${review.policy.version}`}{' '}
          <RelativeTime at={review.createdAt} />
          {review.note && (
            <>
              : <Visible text={review.note} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
