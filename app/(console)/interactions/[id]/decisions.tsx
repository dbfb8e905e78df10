import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';
import type { EventRow } from '#lib/audit/queries';
import { lookedAtWords } from '#lib/batches/looked-at';
import type { FullInteraction } from '#lib/interactions/queries';
import type { ReopenChoice } from '#lib/reviews/queries';
import { Waits } from '../../clusters/differences.tsx';
import classes from '../interaction.module.css';
import { Reopen } from './reopen.tsx';

type DecisionsProps = {
  interaction: FullInteraction;
  reopening: ReopenChoice | null;
  /** What happened to it, newest first. */
  history: EventRow[];
};

/** What was decided, the way back from it, and everything that happened to the item. */
export function Decisions({ interaction, reopening, history }: DecisionsProps) {
  const { id, reviews, queue } = interaction;
  const waits = interaction.cluster?.waits ?? null;
  if (reviews.length === 0 && history.length === 0 && !queue?.heldBy && !waits) return null;
  return (
    <section className={classes.decisions} aria-label="Decisions">
      {queue?.heldBy && <p className={classes.beside}>{queue.heldBy.name} is reviewing it now.</p>}
      {waits && (
        <p className={classes.beside}>
          <Waits waits={waits} />
        </p>
      )}
      <ul>
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
            {review.batch && (
              <>
                {' · '}
                <Link href={`/bulk/${review.batch.id}`}>{lookedAtWords(review.batch)}</Link>
              </>
            )}
          </li>
        ))}
      </ul>
      {reopening && (
        <Reopen interactionId={id} seen={reviews.map((review) => review.id)} why={reopening.why} />
      )}
      {history.length > 0 && (
        <details>
          <summary>History ({history.length})</summary>
          <ol>
            {history.map((event) => (
              <li key={event.id}>
                <RelativeTime at={event.occurredAt} /> · <Visible text={event.sentence} />
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}
