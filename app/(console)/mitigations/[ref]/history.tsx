import { RelativeTime } from '#components/relative-time';
import { type Names, sentence } from '#lib/audit/sentence';
import type { MitigationEvent } from '#lib/mitigations/queries';
import classes from '../mitigations.module.css';

type Props = { id: string; events: MitigationEvent[]; names: Names };

/** What happened to the rule, newest first, told as everywhere else. */
export function History({ id, events, names }: Props) {
  return (
    <ol className={classes.history}>
      {events.map((event) => (
        <li key={event.id}>
          {sentence({ ...event, subject: { type: 'mitigation', id } }, names)} ·{' '}
          <RelativeTime at={event.occurredAt} />
        </li>
      ))}
    </ol>
  );
}
