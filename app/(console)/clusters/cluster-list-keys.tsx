'use client';

import { useRouter } from 'next/navigation';
import { useShortcuts } from '#components/shell/shortcuts';

/** From a row of the list to a rule that stops it, by one key. */
export function ClusterListKeys({ refs }: { refs: Record<string, string> }) {
  const router = useRouter();
  useShortcuts([
    {
      keys: 'm',
      label: 'Draft a rule from the row',
      group: 'Clusters',
      run: () => {
        const row = document.activeElement?.closest<HTMLElement>('tr[data-row]')?.dataset.row;
        const ref = refs[row ?? ''] ?? Object.values(refs)[0];
        if (ref) router.push(`/mitigations/new?cluster=${ref}`);
      },
    },
  ]);
  return null;
}
