import type { Metadata } from 'next';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { adoptionHistogram, BUCKETS_MS, getAdoption, listInstances } from '#lib/fleet/queries';
import { fleetPageSchema } from '#lib/fleet/schema';
import { troubles } from '#lib/fleet/troubles';
import { AdoptionFigures } from './adoption-figures.tsx';
import { ConnectInstance } from './connect-instance.tsx';
import classes from './fleet.module.css';
import { InstanceGrid } from './instance-grid.tsx';
import { InstancePanel } from './instance-panel.tsx';
import { PublishTimes } from './publish-times.tsx';
import { RefreshSoon } from './refresh-soon.tsx';
import { TroubleList } from './trouble-list.tsx';

export const metadata: Metadata = { title: 'Fleet' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Which instances enforce which ruleset, how fast the last publishes reached them, and what is wrong. */
export default async function FleetPage({ searchParams }: Props) {
  const actor = await requireActor();
  const { instance: chosen } = fleetPageSchema.parse(await searchParams);
  const { items, total, newestSeq } = await listInstances(actor);
  const [adoption, publishes] = await Promise.all([
    newestSeq > 0 ? getAdoption(actor, newestSeq) : null,
    adoptionHistogram(actor),
  ]);
  return (
    <>
      <PageHeader
        title="Fleet"
        facts={`${total} ${total === 1 ? 'instance' : 'instances'} in the last 10 minutes`}
      />
      <LiveRefresh on="fleet" />
      {items.some((row) => row.state === 'adopting') && <RefreshSoon key={newestSeq} />}
      <div className={classes.page} data-panel={chosen !== undefined || undefined}>
        <div className={classes.rooms}>
          {adoption && total > 0 && <AdoptionFigures adoption={adoption} />}
          {total === 0 ? (
            <ConnectInstance />
          ) : (
            <InstanceGrid rows={items} newestSeq={newestSeq} chosen={chosen} />
          )}
          {total > items.length && (
            <p className="quiet">
              The first {items.length} of {total} instances are shown; the figures count all of them.
            </p>
          )}
          {total > 0 && <TroubleList troubles={troubles(items, newestSeq)} />}
          {publishes.length > 0 && <PublishTimes publishes={publishes} bucketsMs={[...BUCKETS_MS]} />}
        </div>
        {chosen !== undefined && <InstancePanel actor={actor} id={chosen} newestSeq={newestSeq} />}
      </div>
    </>
  );
}
