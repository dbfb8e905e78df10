'use client';

import { useRouter } from 'next/navigation';
import { useShortcuts } from '#components/shell/shortcuts';

/** From the cluster to what stops it, by one key. */
export function ClusterKeys({ clusterRef, incident }: { clusterRef: string; incident: string | null }) {
  const router = useRouter();
  const declare = () => router.push(`/incidents/new?cluster=${clusterRef}`);
  useShortcuts([
    { keys: 'e', label: 'Declare an incident from this cluster', group: 'Cluster', run: declare },
    {
      keys: 'm',
      label: incident ? `Mitigate in ${incident}` : 'Mitigate: declare an incident first',
      group: 'Cluster',
      run: () => (incident ? router.push(`/mitigations/new?incident=${incident}`) : declare()),
    },
    {
      keys: 'Backspace',
      label: 'Back to all clusters',
      group: 'Cluster',
      run: () => router.push('/clusters'),
    },
  ]);
  return null;
}
