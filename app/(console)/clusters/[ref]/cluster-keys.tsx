'use client';

import { useRouter } from 'next/navigation';
import { useShortcuts } from '#components/shell/shortcuts';

/** From the cluster to what stops it, by one key. */
export function ClusterKeys({ clusterRef, mayDraft }: { clusterRef: string; mayDraft: boolean }) {
  const router = useRouter();
  const declare = () => router.push(`/incidents/new?cluster=${clusterRef}`);
  useShortcuts([
    { keys: 'e', label: 'Declare an incident from this cluster', group: 'Cluster', run: declare },
    ...(mayDraft
      ? [
          {
            keys: 'm',
            label: 'Draft a rule from what all members share',
            group: 'Cluster',
            run: () => router.push(`/mitigations/new?cluster=${clusterRef}`),
          },
        ]
      : []),
    {
      keys: 'Backspace',
      label: 'Back to all clusters',
      group: 'Cluster',
      run: () => router.push('/clusters'),
    },
  ]);
  return null;
}
