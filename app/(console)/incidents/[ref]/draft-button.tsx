'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { Keys, useShortcuts } from '#components/shell/shortcuts';

/** From the incident to a rule for it. */
export function DraftButton({ incident }: { incident: string }) {
  const router = useRouter();
  const href = `/mitigations/new?incident=${incident}`;
  useShortcuts([{ keys: 'm', label: 'Draft a mitigation', run: () => router.push(href) }]);
  return (
    <Button component={Link} href={href} size="compact-sm" variant="default" rightSection={<Keys keys="m" />}>
      Draft mitigation
    </Button>
  );
}
