import type { Metadata } from 'next';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listKeys } from '#lib/keys/queries';
import { KeysTable } from './keys-table.tsx';
import { NewKey } from './new-key.tsx';

export const metadata: Metadata = { title: 'API keys' };

export default async function KeysPage() {
  const actor = await requireActor();
  const keys = await listKeys(actor);
  const now = new Date();
  return (
    <>
      <PageHeader
        title="API keys"
        facts={`${keys.filter((key) => !key.revokedAt).length} in use`}
        actions={<NewKey />}
      />
      <KeysTable
        keys={keys.map(({ createdAt, expiresAt, lastUsedAt, revokedAt, createdBy, ...key }) => ({
          ...key,
          createdBy: createdBy?.name ?? 'command line',
          createdAt: createdAt.toISOString(),
          expiresAt: expiresAt?.toISOString() ?? null,
          lastUsedAt: lastUsedAt?.toISOString() ?? null,
          state: revokedAt ? 'revoked' : expiresAt && expiresAt <= now ? 'expired' : 'active',
        }))}
      />
    </>
  );
}
