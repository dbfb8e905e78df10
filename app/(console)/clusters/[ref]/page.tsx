import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { CompletionDiff } from '#components/diff/completion-diff';
import { Visible } from '#components/diff/visible';
import { LinkButton } from '#components/link-button';
import { RelativeTime } from '#components/relative-time';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { Keys } from '#components/shell/shortcuts';
import { SinceLive } from '#components/since-live';
import { requireActor } from '#lib/auth';
import { previewBatch } from '#lib/batches/queries';
import { listMembers } from '#lib/clusters/members';
import { type ClusterDetail, getCluster } from '#lib/clusters/queries';
import { listMembersSchema } from '#lib/clusters/schema';
import { AppError } from '#lib/errors';
import { can } from '#lib/permissions';
import { listPolicies } from '#lib/policies/queries';
import { sinceLive } from '#lib/rollouts/since-live';
import { readBegun } from '../../bulk/begun.ts';
import { moreVariants, readVariants } from '../../bulk/more-variants.ts';
import { VariantList } from '../../bulk/variant-list.tsx';
import classes from '../clusters.module.css';
import { counted, percentOf } from '../words.ts';
import { ClusterKeys } from './cluster-keys.tsx';
import { ClusterSide } from './cluster-side.tsx';
import { DecideCluster } from './decide-cluster.tsx';
import { MemberList } from './member-list.tsx';
import { StandingDecision } from './standing-decision.tsx';

type Props = {
  params: Promise<{ ref: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).ref };
}

/** One cluster: what repeats, what differs, how it spreads, and one decision for all that wait. */
export default async function ClusterPage({ params, searchParams }: Props) {
  const actor = await requireActor();
  const { ref } = await params;
  const search = await searchParams;
  const { variants: _, verdict: __, policy: ___, ...ofMembers } = search;
  const asked = listMembersSchema.safeParse(ofMembers);
  const filters = asked.success ? asked.data : listMembersSchema.parse({});
  const found = await Promise.all([getCluster(actor, ref), listMembers(actor, ref, filters)]).catch(
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') notFound();
      throw error;
    },
  );
  const [cluster, members] = found;
  const [policies, preview] = await Promise.all([
    can(actor, 'review.batch') ? listPolicies(actor) : [],
    can(actor, 'review.batch') ? previewBatch(actor, { clusterId: cluster.id }, readVariants(search)) : null,
  ]);
  const { representative } = cluster;

  return (
    <>
      <LiveRefresh on="events" />
      <ClusterKeys clusterRef={cluster.ref} mayDraft={can(actor, 'mitigation.draft')} />
      <PageHeader
        title={
          <>
            {cluster.ref} <Visible text={representative?.title ?? 'No finding'} />
          </>
        }
        facts={<Facts cluster={cluster} />}
        actions={
          <>
            {can(actor, 'incident.declare') && (
              <LinkButton href={`/incidents/new?cluster=${cluster.ref}`} variant="default" size="xs">
                Declare an incident
              </LinkButton>
            )}
            {can(actor, 'mitigation.draft') && (
              <LinkButton
                href={`/mitigations/new?cluster=${cluster.ref}`}
                size="xs"
                rightSection={<Keys keys="m" />}
              >
                Mitigate this
              </LinkButton>
            )}
          </>
        }
      />
      <SinceLive figures={await sinceLive(actor, { clusterId: cluster.id })} />
      <div className={classes.columns}>
        <div className={classes.main}>
          {representative && (
            <CompletionDiff
              before={representative.completion === '' ? null : representative.before}
              completion={representative.completion || representative.prompt}
              language={representative.completion === '' ? 'text' : representative.language}
              path={representative.path ?? `the first of ${counted(cluster.size, 'member')}`}
              surface={representative.surface}
              findings={representative.findings}
            />
          )}
          {preview && (
            <VariantList
              variants={preview.variants}
              above={representative?.id}
              standingBy={cluster.automation && (cluster.automation.by?.name ?? 'its lead')}
              more={moreVariants(`/clusters/${cluster.ref}`, search, preview)}
            />
          )}
          <MemberList
            clusterId={cluster.id}
            members={members.items}
            state={filters.state}
            nextCursor={members.nextCursor}
            first={filters.cursor === undefined}
            maySplit={can(actor, 'cluster.split')}
          />
        </div>
        <aside className={classes.side} aria-label="How it spreads">
          <ClusterSide cluster={cluster} />
          {can(actor, 'cluster.automate') && (
            <StandingDecision
              clusterId={cluster.id}
              policies={policies}
              standing={cluster.automation}
              variants={preview?.variants.items.filter(({ isWhole }) => isWhole) ?? []}
            />
          )}
        </aside>
      </div>
      {preview && cluster.pending > 0 && (
        <DecideCluster
          key={preview.count}
          clusterId={cluster.id}
          noun={`of ${cluster.ref}`}
          preview={preview}
          excluded={preview.excluded}
          policies={policies}
          begun={readBegun(search)}
        />
      )}
    </>
  );
}

function Facts({ cluster }: { cluster: ClusterDetail }) {
  return (
    <>
      {counted(cluster.size, 'member')} · {cluster.pending.toLocaleString('en')} waiting ·{' '}
      {counted(cluster.actors, 'actor')} · {counted(cluster.tenants, 'tenant')} · accepted{' '}
      {percentOf(cluster.accepted, cluster.rated)} · +{cluster.lastHour.toLocaleString('en')} last hour · last{' '}
      <RelativeTime at={cluster.lastAt} />
      {cluster.splitFrom && (
        <>
          {' · split from '}
          <Link href={`/clusters/${cluster.splitFrom}`}>{cluster.splitFrom}</Link>
        </>
      )}
      {cluster.splitInto.length > 0 && ' · split into '}
      {cluster.splitInto.map((ref) => (
        <span key={ref}>
          <Link href={`/clusters/${ref}`}>{ref}</Link>{' '}
        </span>
      ))}
    </>
  );
}
