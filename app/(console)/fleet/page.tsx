import type { Metadata } from 'next';
import { Visible } from '#components/diff/visible';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { labelWords, listExpectations, shortfalls } from '#lib/fleet/expectations';
import { listGaps, streamProof } from '#lib/fleet/gaps';
import { headline } from '#lib/fleet/headline';
import { filterFleet } from '#lib/fleet/instance-filter';
import { adoptionHistogram, BUCKETS_MS, getAdoption, listInstances } from '#lib/fleet/queries';
import { fleetPageSchema, LOOK_AGAIN_MS } from '#lib/fleet/schema';
import { troubles } from '#lib/fleet/troubles';
import { can } from '#lib/permissions';
import { AdoptionFigures } from './adoption-figures.tsx';
import { ConnectInstance } from './connect-instance.tsx';
import { ExpectedSizes } from './expected-sizes.tsx';
import classes from './fleet.module.css';
import { fleetAddress } from './fleet-address.ts';
import { FleetFilterBar, FleetPages } from './fleet-filter.tsx';
import { InstanceGrid } from './instance-grid.tsx';
import { InstancePanel } from './instance-panel.tsx';
import { PublishTimes } from './publish-times.tsx';
import { RefreshSoon } from './refresh-soon.tsx';
import { RetireButton } from './retire-button.tsx';
import { TroubleList } from './trouble-list.tsx';

export const metadata: Metadata = { title: 'Fleet' };

/** A little after the grace an instance has to adopt a publish. */
const ADOPTING_AGAIN_MS = 2_300;

/** "22 instances and 1 relay": a relay carries rulesets and enforces none. */
function countWords(total: number, items: readonly { kind: string }[]): string {
  const relays = items.filter(({ kind }) => kind === 'relay').length;
  const counted = (n: number, one: string) => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
  const instances = counted(total - relays, 'instance');
  return relays > 0 ? `${instances} and ${counted(relays, 'relay')}` : instances;
}

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Which instances enforce which ruleset, how fast the last publishes reached them, and what is wrong. */
export default async function FleetPage({ searchParams }: Props) {
  const actor = await requireActor();
  const { instance: chosen, ...filter } = fleetPageSchema.parse(await searchParams);
  const { items, total, newestSeq, now } = await listInstances(actor);
  const part = filterFleet(items, filter);
  const [adoption, publishes, gaps, proof, expectations] = await Promise.all([
    newestSeq > 0 ? getAdoption(actor, newestSeq) : null,
    adoptionHistogram(actor),
    listGaps(actor),
    streamProof(actor),
    listExpectations(actor),
  ]);
  const mayManage = can(actor, 'fleet.manage');
  const wrong = [...shortfalls(expectations), ...troubles(items, newestSeq), ...gaps];
  const silent = items.filter((row) => row.state === 'gone').map((row) => row.id);
  return (
    <>
      <PageHeader title="Fleet" facts={countWords(total, items)} />
      <LiveRefresh on="fleet" />
      {total > 0 && (
        <RefreshSoon
          everyMs={items.some((row) => row.state === 'adopting') ? ADOPTING_AGAIN_MS : LOOK_AGAIN_MS}
        />
      )}
      <div className={classes.page} data-panel={chosen !== undefined || undefined}>
        <div className={classes.rooms}>
          {total > 0 && (
            <p className={classes.headline} role="status">
              <Visible text={headline(items, newestSeq, adoption, now, expectations)} />
            </p>
          )}
          {adoption && total > 0 && <AdoptionFigures adoption={adoption} proof={proof} />}
          {total + wrong.length > 0 && (
            <TroubleList troubles={wrong} known={total}>
              {mayManage && silent.length > 0 && <RetireButton instances={silent.slice(0, 500)} keys="r" />}
            </TroubleList>
          )}
          {total === 0 ? (
            <ConnectInstance />
          ) : (
            <>
              <FleetFilterBar part={part} filter={filter} />
              <InstanceGrid rows={part.items} newestSeq={newestSeq} chosen={chosen} filter={filter} />
              <FleetPages part={part} filter={filter} />
            </>
          )}
          {total > items.length && (
            <p className="quiet">
              The first {items.length} of {total} instances are looked at; the figures count all of them.
            </p>
          )}
          <ExpectedSizes
            rows={expectations.map((row) => ({ ...row, words: labelWords(row.labels) }))}
            mayChange={mayManage}
          />
          {publishes.length > 0 && (
            <PublishTimes
              publishes={publishes}
              bucketsMs={[...BUCKETS_MS]}
              canRollBack={can(actor, 'mitigation.publish')}
            />
          )}
        </div>
        {chosen !== undefined && (
          <InstancePanel actor={actor} id={chosen} newestSeq={newestSeq} closeHref={fleetAddress(filter)} />
        )}
      </div>
    </>
  );
}
