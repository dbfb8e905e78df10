'use client';

import { notifications } from '@mantine/notifications';
import { useShortcuts } from '#components/shell/shortcuts';

/** The key that starts reviewing, for those who do not review: it says so instead of doing nothing. */
export function NotReviewing({ role, mayInvite }: { role: string; mayInvite: boolean }) {
  const message = `The role ${role} does not review. ${
    mayInvite ? 'Invite a reviewer under People (g p).' : 'Ask an admin for another role if you should.'
  }`;
  useShortcuts([
    {
      act: 'queue.start',
      label: 'Start reviewing: not in your role',
      group: 'Queue',
      run: () => notifications.show({ message }),
    },
  ]);
  return null;
}
