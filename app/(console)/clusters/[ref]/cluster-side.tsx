import Link from 'next/link';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import type { ClusterDetail } from '#lib/clusters/queries';
import classes from '../clusters.module.css';
import { ArrivalsChart } from './arrivals-chart.tsx';

/** Who is touched and how fast it grows. */
export function ClusterSide({ cluster }: { cluster: ClusterDetail }) {
  return (
    <>
      <ArrivalsChart
        stepMinutes={cluster.overTime.stepMinutes}
        buckets={cluster.overTime.buckets.map(({ at, arrived }) => ({ at: at.toISOString(), arrived }))}
      />
      {cluster.decided.length > 0 && (
        <section>
          <h2>Decided so far</h2>
          <ul className={classes.counts}>
            {cluster.decided.map(({ verdict, policyTitle, count }) => (
              <li key={`${verdict}${policyTitle}`}>
                <span>
                  {verdict}
                  {policyTitle && ` under ${policyTitle}`}
                </span>
                <span>{count.toLocaleString('en')}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {cluster.batches.length > 0 && (
        <section>
          <h2>Decided at once</h2>
          <ul className={classes.counts}>
            {cluster.batches.map(({ id, kind, count, by, createdAt }) => (
              <li key={id}>
                <span>
                  <Link href={`/bulk/${id}`}>{kind === 'standing' ? 'standing decision' : 'together'}</Link>
                  {by && ` by ${by}`}, <RelativeTime at={createdAt} />
                </span>
                <span>{count.toLocaleString('en')}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Counts title="Models" counts={cluster.spread.models} />
      <Counts title="Tenants" counts={cluster.spread.tenants} />
      <Counts title="Tiers" counts={cluster.spread.tiers} />
      <Counts title="What users did" counts={cluster.spread.outcomes} none="not told" />
      {cluster.incidents.length > 0 && (
        <section>
          <h2>Incidents</h2>
          <ul className={classes.counts}>
            {cluster.incidents.map(({ ref, title, members }) => (
              <li key={ref}>
                <span>
                  <Link href={`/incidents/${ref}`}>{ref}</Link> <Visible text={title} />
                </span>
                <span>{members.toLocaleString('en')}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

type CountsProps = { title: string; counts: { value: string | null; count: number }[]; none?: string };

function Counts({ title, counts, none = 'others' }: CountsProps) {
  if (counts.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul className={classes.counts}>
        {counts.map(({ value, count }) => (
          <li key={value ?? ''}>
            <span>{value === null ? none : <Visible text={value} />}</span>
            <span>{count.toLocaleString('en')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
