'use client';

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { attempt } from '#components/attempt';
import { DataTable } from '#components/data-table/data-table';
import { EmptyState } from '#components/empty-state';
import { RelativeTime } from '#components/relative-time';
import { StateBadge } from '#components/state-badge';
import { revokeKeyAction } from './actions.ts';

type KeyView = {
  id: string;
  name: string;
  source: string;
  scopes: string[];
  prefix: string;
  createdBy: string;
  heldBy: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  state: string;
};

async function revoke(id: string) {
  const result = await attempt(revokeKeyAction({ id }));
  if (!result.ok) notifications.show({ color: 'red', title: 'Not revoked', message: result.message });
}

export function KeysTable({ keys }: { keys: KeyView[] }) {
  return (
    <DataTable
      caption="API keys"
      rows={keys}
      rowKey={(key) => key.id}
      empty={
        <EmptyState title="No keys yet">
          A detector needs one with the scope ingest, a serving layer one with the scope feed.
        </EmptyState>
      }
      columns={[
        { key: 'name', header: 'Name', width: '22%', cell: (key) => key.name },
        { key: 'source', header: 'Source', hideBelow: 'sm', cell: (key) => <code>{key.source}</code> },
        { key: 'scopes', header: 'Scopes', cell: (key) => key.scopes.join(', ') },
        {
          key: 'prefix',
          header: 'Starts with',
          width: '110px',
          hideBelow: 'md',
          cell: (key) => <code>{key.prefix}…</code>,
        },
        { key: 'holder', header: 'Held by', hideBelow: 'sm', cell: (key) => key.heldBy },
        { key: 'by', header: 'Made by', hideBelow: 'md', cell: (key) => key.createdBy },
        {
          key: 'used',
          header: 'Last used',
          hideBelow: 'sm',
          cell: (key) => (key.lastUsedAt ? <RelativeTime at={key.lastUsedAt} /> : 'never'),
        },
        {
          key: 'ends',
          header: 'Ends',
          hideBelow: 'md',
          cell: (key) => (key.expiresAt ? <RelativeTime at={key.expiresAt} /> : 'never'),
        },
        { key: 'state', header: 'State', width: '90px', cell: (key) => <StateBadge state={key.state} /> },
        {
          key: 'revoke',
          header: 'Revoke',
          width: '90px',
          cell: (key) =>
            key.state === 'active' && (
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => revoke(key.id)}
                aria-label={`Revoke ${key.name}`}
              >
                Revoke
              </Button>
            ),
        },
      ]}
    />
  );
}
