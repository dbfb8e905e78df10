import { RelativeTime } from '#components/relative-time';
import type { MitigationEvent } from '#lib/mitigations/queries';
import classes from '../mitigations.module.css';

const DID: Record<string, string> = {
  'mitigation.draft': 'drafted it',
  'mitigation.edit': 'edited it',
  'mitigation.approve': 'approved it',
  'mitigation.publish': 'published it',
  'mitigation.withdraw': 'withdrew it',
  'mitigation.expire': 'wrote down that it ended',
};

/** Facts of an event that are worth a word beside its sentence. */
function details(data: Record<string, unknown>): string[] {
  return [
    typeof data.version === 'number' && `version ${data.version}`,
    typeof data.seq === 'number' && `ruleset ${data.seq}`,
    data.breakGlass === true && 'break-glass',
    data.clearedApproval === true && 'its approval no longer counts',
    typeof data.reason === 'string' && `“${data.reason}”`,
  ].filter((word) => typeof word === 'string');
}

export function History({ events }: { events: MitigationEvent[] }) {
  return (
    <ol className={classes.history}>
      {events.map((event) => (
        <li key={event.id}>
          <strong>{event.actorName}</strong> {DID[event.action] ?? event.action} ·{' '}
          <RelativeTime at={event.occurredAt} />
          <div className={classes.hint}>{details(event.data).join(' · ')}</div>
        </li>
      ))}
    </ol>
  );
}
