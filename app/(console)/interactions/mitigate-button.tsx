'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { Keys, useShortcuts } from '#components/shell/shortcuts';

/** From one interaction to a rule that stops its like, by one key. */
export function MitigateButton({ interaction }: { interaction: string }) {
  const router = useRouter();
  const href = `/mitigations/new?interaction=${interaction}`;
  useShortcuts([{ keys: 'm', label: 'Draft a rule that stops it', run: () => router.push(href) }]);
  return (
    <Button component={Link} href={href} prefetch={false} variant="default" rightSection={<Keys keys="m" />}>
      Mitigate this
    </Button>
  );
}
