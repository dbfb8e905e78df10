import type { Permission } from '#lib/permissions';

/** Every page of settings; null where it is everybody's. */
export const TABS: readonly { href: string; label: string; permission: Permission | null }[] = [
  { href: '/settings/queues', label: 'Queues', permission: 'queue.read' },
  { href: '/settings/policies', label: 'Policies', permission: 'policy.read' },
  { href: '/settings/review', label: 'Review', permission: 'settings.read' },
  { href: '/settings/golden', label: 'Golden items', permission: 'golden.manage' },
  { href: '/settings/care', label: 'Care', permission: 'preference.own' },
  { href: '/settings/account', label: 'Your account', permission: null },
  { href: '/settings/people', label: 'People', permission: 'user.manage' },
  { href: '/settings/keys', label: 'Keys', permission: 'key.manage' },
  { href: '/settings/erasure', label: 'Erasure', permission: 'interaction.erase' },
];
