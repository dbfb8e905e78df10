import type { Metadata } from 'next';
import Link from 'next/link';
import { EmptyState } from '#components/empty-state';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { listPolicies, listRetiredPolicies } from '#lib/policies/queries';
import classes from '../settings.module.css';
import { PolicyList } from './policy-list.tsx';

export const metadata: Metadata = { title: 'Policies' };

export default async function PoliciesPage() {
  const actor = await requireActor();
  const [policies, retired] = await Promise.all([listPolicies(actor), listRetiredPolicies(actor)]);
  return (
    <>
      <PageHeader title="Policies" facts={`${policies.length} in force`} />
      <p className={classes.intro}>
        A decision cites the clause it rests on and keeps that version of it. The number beside a clause is
        its key in the workbench.
      </p>
      <PolicyList policies={policies} mayChange={can(actor, 'policy.write')} />
      {policies.length === 0 && (
        <EmptyState title="No policy in force">A lead adds the first one.</EmptyState>
      )}
      {retired.length > 0 && (
        <p className={classes.intro}>
          Retired:{' '}
          {retired.map(({ key, title }, index) => (
            <span key={key}>
              {index > 0 && ', '}
              <Link href={`/settings/policies/${encodeURIComponent(key)}`} prefetch={false}>
                {title}
              </Link>
            </span>
          ))}
        </p>
      )}
    </>
  );
}
