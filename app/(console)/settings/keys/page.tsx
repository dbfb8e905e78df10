import type { Metadata } from 'next';
import { Denied } from '#components/denied';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { listKeyHolders, listKeys } from '#lib/keys/queries';
import { can } from '#lib/permissions';
import { KeysTable } from './keys-table.tsx';
import { NewKey } from './new-key.tsx';

export const metadata: Metadata = { title: 'API keys' };

export default async function KeysPage() {
  const actor = await requireActor();
  if (!can(actor, 'key.manage')) return <Denied permission="key.manage" />;
  const [keys, people] = await Promise.all([listKeys(actor), listKeyHolders(actor)]);
  const now = new Date();
  return (
    <>
      <PageHeader
        title="API keys"
        facts={`${keys.filter((key) => !key.revokedAt).length} in use`}
        actions={<NewKey people={people} me={actor.id} />}
      />
      <KeysTable
        keys={keys.map(({ createdAt, expiresAt, lastUsedAt, revokedAt, createdBy, heldBy, ...key }) => ({
          ...key,
          createdBy: createdBy?.name ?? 'command line',
          heldBy: heldBy?.name ?? 'nobody named',
          createdAt: createdAt.toISOString(),
          expiresAt: expiresAt?.toISOString() ?? null,
          lastUsedAt: lastUsedAt?.toISOString() ?? null,
          state: revokedAt ? 'revoked' : expiresAt && expiresAt <= now ? 'expired' : 'active',
        }))}
      />
    </>
  );
}
