import type { Metadata } from 'next';
import { Denied } from '#components/denied';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listGolden } from '#lib/golden/queries';
import { can } from '#lib/permissions';
import { listPolicies } from '#lib/policies/queries';
import classes from '../settings.module.css';
import { GoldenList } from './golden-list.tsx';

export const metadata: Metadata = { title: 'Golden items' };

export default async function GoldenPage() {
  const actor = await requireActor();
  if (!can(actor, 'golden.manage')) return <Denied permission="golden.manage" />;
  const [rows, policies] = await Promise.all([listGolden(actor), listPolicies(actor)]);
  return (
    <>
      <PageHeader title="Golden items" facts={`${rows.filter((row) => !row.retiredAt).length} served`} />
      <p className={classes.intro}>
        For coaching: each person sees how they answered under My work, and you see counts, from three answers
        on. Nobody is ranked by them.
      </p>
      <GoldenList
        rows={rows.map(({ createdAt: _, retiredAt, ...row }) => ({ ...row, retired: retiredAt !== null }))}
        policies={policies.map(({ key, title }) => ({ key, title }))}
      />
    </>
  );
}
