'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { Keys, useShortcuts } from '#components/shell/shortcuts';

const HREF = '/incidents/new';

export function DeclareButton() {
  const router = useRouter();
  useShortcuts([{ keys: 'c', label: 'Declare an incident', run: () => router.push(HREF) }]);
  return (
    <Button component={Link} href={HREF} rightSection={<Keys keys="c" />}>
      Declare incident
    </Button>
  );
}
