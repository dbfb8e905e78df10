'use client';

import { useRouter } from 'next/navigation';
import { LinkButton } from '#components/link-button';
import { Keys, useShortcuts } from '#components/shell/shortcuts';

/** Leads to the preview of everything that matches; nothing is decided on the way there. */
export function BulkButton({ query }: { query: string }) {
  const router = useRouter();
  const href = `/bulk?${query}`;
  useShortcuts([
    { act: 'queue.bulk', label: 'Decide all that match', group: 'Queue', run: () => router.push(href) },
  ]);
  return (
    <LinkButton href={href} variant="default" size="xs" rightSection={<Keys act="queue.bulk" />}>
      Decide all that match…
    </LinkButton>
  );
}
