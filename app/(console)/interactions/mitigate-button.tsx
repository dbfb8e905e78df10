'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { Keys, useShortcuts } from '#components/shell/shortcuts';

type MitigateButtonProps = ({ interaction: string } | { query: string }) & { label?: string };

/** From one interaction, or from what a query finds, to a rule that stops its like, by one key. */
export function MitigateButton({ label = 'Mitigate this', ...from }: MitigateButtonProps) {
  const router = useRouter();
  const href = `/mitigations/new?${new URLSearchParams(from)}`;
  useShortcuts([{ keys: 'm', label: 'Draft a rule that stops it', run: () => router.push(href) }]);
  return (
    <Button component={Link} href={href} prefetch={false} variant="default" rightSection={<Keys keys="m" />}>
      {label}
    </Button>
  );
}
