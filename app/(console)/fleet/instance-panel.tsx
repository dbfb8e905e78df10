import { IconX } from '@tabler/icons-react';
import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';
import type { Actor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { contractName } from '#lib/fleet/gaps';
import { getInstance, type InstanceDetail } from '#lib/fleet/queries';
import { SKEW_COUNTS_MS, SKEW_SHOWN_MS } from '#lib/fleet/schema';
import { can } from '#lib/permissions';
import { clockLabel } from '#lib/time';
import classes from './fleet.module.css';
import { RetireButton } from './retire-button.tsx';

/** One instance on the right-hand side; the address bar knows which. */
export async function InstancePanel({
  actor,
  id,
  newestSeq,
  closeHref,
}: {
  actor: Actor;
  id: string;
  newestSeq: number;
  closeHref: string;
}) {
  const instance = await getInstance(actor, id).catch((error) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  return (
    <aside className={classes.panel} aria-label={`Instance ${id}`}>
      <div className={classes.panelHead}>
        <h2>{id}</h2>
        <Link
          href={closeHref}
          scroll={false}
          prefetch={false}
          className={classes.close}
          aria-label="Close the panel"
        >
          <IconX size={16} aria-hidden="true" />
        </Link>
      </div>
      {instance ? (
        <Facts instance={instance} newestSeq={newestSeq} mayManage={can(actor, 'fleet.manage')} />
      ) : (
        <p>No instance of this name has reported.</p>
      )}
    </aside>
  );
}

type FactsProps = { instance: InstanceDetail; newestSeq: number; mayManage: boolean };

function Facts({ instance, newestSeq, mayManage }: FactsProps) {
  const { kind, via, breakers, alarms, streams, coverage } = instance;
  const { labels, sdkVersion, state, reason, activeSeq, firstSeenAt, lastSeenAt, hits, enforced } = instance;
  const named = Object.entries(labels);
  return (
    <>
      <p>
        <StateBadge state={state === 'gone' ? 'silent' : state} /> ruleset {activeSeq}
        {activeSeq < newestSeq && ` of ${newestSeq}`}{' '}
        {mayManage && state === 'gone' && <RetireButton instances={[instance.id]} />}
      </p>
      {reason && (
        <p className={classes.reason}>
          <Visible text={reason} />
        </p>
      )}
      {breakers.map((breaker) => (
        <p key={breaker.ruleId} className={classes.reason}>
          Turned a rule down to shadow <RelativeTime at={breaker.since} />: <Visible text={breaker.reason} />
        </p>
      ))}
      {alarms.map((alarm) => (
        <p key={alarm.ruleId} className={classes.reason}>
          Out of the ordinary since <RelativeTime at={alarm.since} />: <Visible text={alarm.reason} />
        </p>
      ))}
      <dl className={classes.facts}>
        <dt>Last heard</dt>
        <dd>
          <RelativeTime at={lastSeenAt} />
        </dd>
        {instance.closedAt && (
          <>
            <dt>Said goodbye</dt>
            <dd>
              <RelativeTime at={instance.closedAt} />
            </dd>
          </>
        )}
        {instance.retiredAt && (
          <>
            <dt>Retired</dt>
            <dd>
              <RelativeTime at={instance.retiredAt} />
            </dd>
          </>
        )}
        {instance.clockSkewMs !== null && Math.abs(instance.clockSkewMs) > SKEW_SHOWN_MS && (
          <>
            <dt>Its clock</dt>
            <dd data-tone={Math.abs(instance.clockSkewMs) > SKEW_COUNTS_MS ? 'bad' : undefined}>
              {clockLabel(Math.abs(instance.clockSkewMs))} {instance.clockSkewMs > 0 ? 'ahead' : 'behind'}
            </dd>
          </>
        )}
        <dt>First seen</dt>
        <dd>
          <RelativeTime at={firstSeenAt} />
        </dd>
        <dt>Hits</dt>
        <dd>
          {hits.toLocaleString('en')}, of which {enforced.toLocaleString('en')} enforced
        </dd>
        {streams && (
          <>
            <dt>Streams</dt>
            <dd data-tone={streams.unscanned > 0 ? 'bad' : undefined}>
              {streams.released.toLocaleString('en')} characters streamed,{' '}
              {streams.unscanned.toLocaleString('en')} unscanned
            </dd>
          </>
        )}
        <dt>Kind</dt>
        <dd>
          {kind} {sdkVersion}
          {via !== null && (
            <>
              {' '}
              through <Visible text={via} />
            </>
          )}
        </dd>
        {named.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {coverage.length > 0 && <Coverage rows={coverage} />}
      <h3>Its last rulesets</h3>
      {instance.adoptions.length === 0 && (
        <p className="quiet">None of this database's rulesets was sent to it.</p>
      )}
      <ol className={classes.history}>
        {instance.adoptions.map((row) => (
          <li key={row.seq}>
            <b className="tabular">{row.seq}</b> {row.cause}
            <br />
            <Visible text={outcome(row)} />
            <span className="quiet"> {steps(row)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** What came through other serving layers, and how much of it no rule could read. */
function Coverage({ rows }: { rows: InstanceDetail['coverage'] }) {
  const count = (n: number) => n.toLocaleString('en');
  const share = (n: number, of: number) => (of > 0 ? ` (${Math.round((100 * n) / of)} %)` : '');
  const lines = rows.flatMap(({ contract, phase, field, calls, streamed, unseen }) => {
    const key = `${contract} ${phase} ${field}`;
    if (field !== '') {
      const all = rows.find((row) => row.contract === contract && row.phase === phase && row.field === '');
      const words = `${count(calls)}${share(calls, all?.calls ?? 0)}`;
      return [{ key, name: `“${field}” unread`, words, isPart: true, isBad: true }];
    }
    const whole = {
      key,
      name: `${contractName(contract)}, ${phase}s`,
      words: count(calls),
      isPart: false,
      isBad: false,
    };
    if (streamed === 0) return [whole];
    const words = `${count(unseen)} of ${count(streamed)}${share(unseen, streamed)}`;
    const unread = { key: `${key} stream`, name: 'streamed without text', words };
    return [whole, { ...unread, isPart: true, isBad: unseen > 0 }];
  });
  return (
    <>
      <h3>Through other serving layers</h3>
      <table className={classes.coverage}>
        <tbody>
          {lines.map(({ key, name, words, isPart, isBad }) => (
            <tr key={key}>
              <th scope="row" data-part={isPart || undefined}>
                <Visible text={name} />
              </th>
              <td data-tone={isBad ? 'wait' : undefined}>{words}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** What it went through on the way, each from the publish, or from the offer to one that joined later. */
function steps(row: InstanceDetail['adoptions'][number]): string {
  // Of one that joined later, the time since the publish would be the age of the ruleset.
  const from = row.ms === null ? row.offeredAt : row.publishedAt;
  if (!from) return '';
  const since = (at: Date) => clockLabel(Math.max(1, at.getTime() - from.getTime()));
  const named: [string, Date | null][] = [
    ['offered', row.ms === null ? null : row.offeredAt],
    ['verified', row.verifiedAt],
    ['compiled', row.compiledAt],
    ['self-tested', row.testedAt],
    ['first hit', row.firstHitAt],
  ];
  return named.flatMap(([name, at]) => (at ? [`${name} ${since(at)}`] : [])).join(', ');
}

function outcome({ activeAt, failedAt, reason, ms }: InstanceDetail['adoptions'][number]): string {
  if (activeAt)
    return ms === null ? 'active, joined after the publish' : `active after ${clockLabel(Math.max(1, ms))}`;
  if (failedAt) return `failed: ${reason ?? 'no reason given'}`;
  return 'sent, not confirmed';
}
