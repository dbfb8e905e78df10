import { Visible } from '#components/diff/visible';
import { Clock } from '#components/relative-time';
import { SeverityBadge } from '#components/severity-badge';
import { StateBadge } from '#components/state-badge';
import type { UserActor } from '#lib/actor';
import type { IncidentDetail } from '#lib/incidents/queries';
import { FINAL_STATES } from '#lib/incidents/states';
import { can } from '#lib/permissions';
import { ChangeSeverity } from './change-severity.tsx';
import { HandOver } from './hand-over.tsx';
import classes from './incident.module.css';

type Props = {
  incident: IncidentDetail;
  actor: UserActor;
  commanders: { id: string; label: string }[];
};

/** What it is, how bad, where it stands and since when, and who leads it: readable in one glance on a phone. */
export function IncidentHeader({ incident, actor, commanders }: Props) {
  const { ref, version } = incident;
  const over = FINAL_STATES.some((state) => state === incident.state);
  return (
    <header className={classes.header}>
      <h1 className={classes.title}>
        <span className={classes.ref}>{ref}</span> <Visible text={incident.title} />
      </h1>
      <dl className={classes.facts}>
        <div>
          <dt>Severity</dt>
          <dd>
            <SeverityBadge severity={incident.severity} />
            {can(actor, 'incident.transition') && !over && (
              <ChangeSeverity incident={ref} version={version} severity={incident.severity} />
            )}
          </dd>
        </div>
        <div>
          <dt>State</dt>
          <dd>
            <StateBadge state={incident.state} /> <Clock from={incident.stateSince} />
            {incident.episode > 1 && <span className="quiet">episode {incident.episode}</span>}
          </dd>
        </div>
        <div>
          <dt>Commander</dt>
          <dd>
            {incident.commander ? <Visible text={incident.commander.name} /> : <em>nobody</em>}
            {can(actor, 'incident.assign') && !over && (
              <HandOver
                incident={ref}
                version={version}
                commanderId={incident.commander?.id ?? null}
                commanders={commanders}
                me={actor.id}
              />
            )}
          </dd>
        </div>
      </dl>
    </header>
  );
}
