'use client';

import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { DataTable } from '#components/data-table/data-table';
import { EmptyState } from '#components/empty-state';
import { RelativeTime } from '#components/relative-time';
import { ROLES } from '#lib/permissions';
import type { UserRow } from '#lib/users/queries';
import { changeRoleAction, setUserDisabledAction } from './actions.ts';
import { type Change, ConfirmChange } from './confirm-change.tsx';

type Person = Omit<UserRow, 'disabledAt' | 'createdAt'> & { disabledAt: string | null; createdAt: string };

function roleChange({ id, name, role }: Person, to: string): Change {
  return {
    title: `Make ${name} ${to}?`,
    words: `${name} is ${role} now. What the role ${to} may do counts from the next thing they do.`,
    confirm: 'Change the role',
    done: `${name} is ${to} now.`,
    run: () => changeRoleAction({ id, role: to }),
  };
}

function accessChange({ id, name, disabledAt }: Person): Change {
  const run = () => setUserDisabledAction({ id, disabled: !disabledAt });
  return disabledAt
    ? {
        title: `Let ${name} in again?`,
        words: `${name} has access again, with the role they had.`,
        confirm: 'Let in again',
        done: `${name} may come in again.`,
        run,
      }
    : {
        title: `Shut out ${name}?`,
        words: `${name} loses access at once and cannot sign in. What they did stays on record.`,
        confirm: 'Shut out',
        done: `${name} is shut out.`,
        run,
      };
}

export function PeopleTable({ people }: { people: Person[] }) {
  const [change, setChange] = useState<Change | null>(null);
  const [opened, setOpened] = useState(false);

  // The words stay while the window fades out.
  function ask(next: Change) {
    setChange(next);
    setOpened(true);
  }

  return (
    <>
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
                onChange={(event) => ask(roleChange(person, event.currentTarget.value))}
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
              <Button size="compact-xs" variant="default" onClick={() => ask(accessChange(person))}>
                {person.disabledAt ? 'Let in again' : 'Shut out'}
                <span className="spoken"> {person.name}</span>
              </Button>
            ),
          },
        ]}
      />
      <ConfirmChange change={change} opened={opened} onClose={() => setOpened(false)} />
    </>
  );
}
