import type { Metadata } from 'next';
import { Denied } from '#components/denied';
import { LinkButton } from '#components/link-button';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { listUsers } from '#lib/users/queries';
import { NewPerson } from './new-person.tsx';
import { PeopleTable } from './people-table.tsx';

export const metadata: Metadata = { title: 'People' };

export default async function PeoplePage() {
  const actor = await requireActor();
  if (!can(actor, 'user.manage')) return <Denied permission="user.manage" />;
  const people = await listUsers(actor);
  return (
    <>
      <PageHeader
        title="People"
        facts={`${people.length} with an account`}
        actions={
          <>
            <LinkButton href="/settings/erasure" variant="default">
              Erase a person’s text
            </LinkButton>
            <NewPerson />
          </>
        }
      />
      <PeopleTable
        people={people.map((person) => ({
          ...person,
          disabledAt: person.disabledAt?.toISOString() ?? null,
          createdAt: person.createdAt.toISOString(),
        }))}
      />
    </>
  );
}
