'use client';

import { Button, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { DataTable } from '#components/data-table/data-table';
import { EmptyState } from '#components/empty-state';
import { RelativeTime } from '#components/relative-time';
import type { ActionResult } from '#lib/action';
import { ROLES } from '#lib/permissions';
import type { UserRow } from '#lib/users/queries';
import { changeRoleAction, setUserDisabledAction } from './actions.ts';

type Person = Omit<UserRow, 'disabledAt' | 'createdAt'> & { disabledAt: string | null; createdAt: string };

async function tell(result: Promise<ActionResult<void>>) {
  const answer = await result;
  if (!answer.ok) notifications.show({ color: 'red', title: 'Not changed', message: answer.message });
}

export function PeopleTable({ people }: { people: Person[] }) {
  return (
    <DataTable
      caption="People"
      rows={people}
      rowKey={(person) => person.id}
      empty={<EmptyState title="Nobody yet">Add the people who review, command and audit.</EmptyState>}
      columns={[
        { key: 'name', header: 'Name', width: '22%', cell: (person) => person.name },
        { key: 'email', header: 'E-mail', width: '28%', hideBelow: 'sm', cell: (person) => person.email },
        {
          key: 'role',
          header: 'Role',
          width: '150px',
          cell: (person) => (
            <NativeSelect
              size="xs"
              aria-label={`Role of ${person.name}`}
              data={[...ROLES]}
              value={person.role}
              onChange={(event) => tell(changeRoleAction({ id: person.id, role: event.currentTarget.value }))}
            />
          ),
        },
        {
          key: 'since',
          header: 'Since',
          hideBelow: 'md',
          cell: (person) => <RelativeTime at={person.createdAt} />,
        },
        {
          key: 'state',
          header: 'Access',
          width: '120px',
          cell: (person) => (
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => tell(setUserDisabledAction({ id: person.id, disabled: !person.disabledAt }))}
            >
              {person.disabledAt ? 'Let in again' : 'Shut out'}
              <span className="spoken"> {person.name}</span>
            </Button>
          ),
        },
      ]}
    />
  );
}
