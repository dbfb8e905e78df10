'use client';

import {
  IconActivity,
  IconAdjustments,
  IconChartHistogram,
  IconFileSearch,
  IconInbox,
  IconKey,
  IconScale,
  IconServer2,
  IconShieldBolt,
  IconStack2,
  IconUser,
  IconUsers,
  IconZoomCode,
} from '@tabler/icons-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { Live } from '#lib/live/schema';
import type { Permission, Role } from '#lib/permissions';
import { can } from '#lib/permissions';
import { useKeptFilters, withKeptFilters } from './kept-filters.ts';
import { useLive } from './live.tsx';
import classes from './shell.module.css';

export type Place = {
  href: string;
  label: string;
  keys: string;
  permission: Permission;
  icon: typeof IconInbox;
};

/** Every room of Stopgap, in the order of the loop. */
export const PLACES: Place[] = [
  { href: '/queue', label: 'Queue', keys: 'g q', permission: 'interaction.read', icon: IconInbox },
  { href: '/clusters', label: 'Clusters', keys: 'g c', permission: 'cluster.read', icon: IconStack2 },
  {
    href: '/investigate',
    label: 'Investigate',
    keys: 'g n',
    permission: 'interaction.read',
    icon: IconZoomCode,
  },
  { href: '/incidents', label: 'Incidents', keys: 'g i', permission: 'incident.read', icon: IconActivity },
  {
    href: '/mitigations',
    label: 'Mitigations',
    keys: 'g m',
    permission: 'mitigation.read',
    icon: IconShieldBolt,
  },
  { href: '/fleet', label: 'Fleet', keys: 'g f', permission: 'fleet.read', icon: IconServer2 },
  { href: '/audit', label: 'Audit', keys: 'g a', permission: 'audit.read', icon: IconFileSearch },
  {
    href: '/insights',
    label: 'Insights',
    keys: 'g s',
    permission: 'insights.read',
    icon: IconChartHistogram,
  },
  { href: '/quality', label: 'Quality', keys: 'g y', permission: 'quality.read', icon: IconScale },
  { href: '/me', label: 'My work', keys: 'g w', permission: 'review.decide', icon: IconUser },
  {
    href: '/settings/queues',
    label: 'Review settings',
    keys: 'g r',
    permission: 'settings.write',
    icon: IconAdjustments,
  },
  { href: '/settings/people', label: 'People', keys: 'g p', permission: 'user.manage', icon: IconUsers },
  { href: '/settings/keys', label: 'Keys', keys: 'g k', permission: 'key.manage', icon: IconKey },
];

/** The rooms this role may enter. */
export function placesFor(role: Role): Place[] {
  return PLACES.filter((place) => can({ kind: 'user', id: '', name: '', role }, place.permission));
}

/** Some that serve are not confirmed to have the newest ruleset, or fewer are there than should be. */
const isShort = (href: string, live: Live | null) =>
  href === '/fleet' &&
  live !== null &&
  (live.instances.active < live.instances.serving || live.instances.unmet > 0);

export function Navigation({ role, onNavigate }: { role: Role; onNavigate?: () => void }) {
  const pathname = usePathname();
  const live = useLive();
  useKeptFilters();
  const counts: Record<string, string> = live
    ? {
        '/queue': live.pendingCapped ? `${live.pending}+` : String(live.pending),
        '/incidents': String(live.openIncidents),
        '/mitigations': String(live.liveRules),
        '/fleet': `${live.instances.active}/${live.instances.serving}${live.instances.unmet > 0 ? ' short' : ''}`,
      }
    : {};
  return (
    <nav aria-label="Main" className={classes.nav}>
      {placesFor(role).map((place) => (
        <Link
          key={place.href}
          // On the list itself it leads to all of it.
          href={pathname === place.href ? place.href : withKeptFilters(place.href)}
          prefetch={false}
          onClick={onNavigate}
          className={classes.place}
          aria-current={pathname.startsWith(place.href) ? 'page' : undefined}
        >
          <place.icon size={16} stroke={1.6} aria-hidden="true" />
          <span>{place.label}</span>
          {counts[place.href] !== undefined && (
            <span className={classes.count} data-short={isShort(place.href, live) || undefined}>
              {counts[place.href]}
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}
