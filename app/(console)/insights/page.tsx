import type { Metadata } from 'next';
import Link from 'next/link';
import { chartClasses as classes } from '#components/chart/chart-classes';
import { Denied } from '#components/denied';
import { LinkButton } from '#components/link-button';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { getBacklog, getFlow, getForecast, getSpeed } from '#lib/insights/queries';
import { insightFiltersSchema, WINDOWS, type Window } from '#lib/insights/schema';
import { can } from '#lib/permissions';
import { BacklogQuestion } from './backlog-question.tsx';
import { FlaggedQuestion } from './flagged-question.tsx';
import { FlowQuestion } from './flow-question.tsx';
import { ForecastQuestion } from './forecast-question.tsx';
import { SpeedQuestion } from './speed-question.tsx';

export const metadata: Metadata = { title: 'Insights' };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** Few charts, each a question with its answer, each leading to the items it counts. */
export default async function InsightsPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  if (!can(actor, 'insights.read')) return <Denied permission="insights.read" />;
  const filters = insightFiltersSchema.parse(await searchParams);
  const { window } = filters;
  const [flow, backlog, speed, outlook] = await Promise.all([
    getFlow(actor, filters),
    getBacklog(actor),
    getSpeed(actor, filters),
    getForecast(actor),
  ]);
  return (
    <>
      <PageHeader
        title="Insights"
        facts="of the queue, not of people; all times are UTC"
        actions={
          <nav aria-label="Time window" className={classes.choices}>
            {(Object.keys(WINDOWS) as Window[]).map((each) => (
              <LinkButton
                key={each}
                href={`/insights?window=${each}`}
                size="xs"
                variant={each === window ? 'filled' : 'default'}
                aria-current={each === window ? 'page' : undefined}
              >
                {WINDOWS[each].label}
              </LinkButton>
            ))}
          </nav>
        }
      />
      <div className={classes.page}>
        <FlowQuestion {...flow} window={window} />
        <ForecastQuestion outlook={outlook} />
        <BacklogQuestion queues={backlog} />
        <SpeedQuestion speed={speed} window={window} />
        <FlaggedQuestion {...flow} window={window} />
      </div>
      {can(actor, 'quality.read') && (
        <p className={classes.note}>
          Whether reviewers agree is told under <Link href="/quality">Quality</Link>.
        </p>
      )}
    </>
  );
}
