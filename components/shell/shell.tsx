'use client';

import { ActionIcon, Burger, Button, Drawer, Menu, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight';
import { IconKeyboard, IconMoon, IconSearch, IconSun, IconUserCircle } from '@tabler/icons-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import type { UserActor } from '#lib/actor';
import { can } from '#lib/permissions';
import type { SavedView } from '#lib/preferences/schema';
import { withKeptFilters } from './kept-filters.ts';
import { Navigation, placesFor } from './navigation.tsx';
import classes from './shell.module.css';
import { type BoundShortcut, useShortcutList, useShortcutSheet, useShortcuts } from './shortcuts.tsx';

type ShellProps = {
  actor: UserActor;
  /** Saved filters, found by name under Ctrl-K. */
  views: SavedView[];
  demo: boolean;
  children: ReactNode;
};

/** The frame around every page: rooms on the left, Ctrl-K, `?`, light and dark, and who is signed in. */
export function Shell({ actor, views, demo, children }: ShellProps) {
  const router = useRouter();
  const [drawer, { open, close }] = useDisclosure();
  const { toggleColorScheme } = useMantineColorScheme();
  const openSheet = useShortcutSheet();
  const listShortcuts = useShortcutList();
  const [acts, setActs] = useState<BoundShortcut[]>([]);
  const places = placesFor(actor.role);

  useShortcuts([
    ...places.map((place) => ({
      keys: place.keys,
      label: `Go to ${place.label}`,
      group: 'Everywhere',
      run: () => router.push(withKeptFilters(place.href)),
    })),
    { keys: '/', label: 'Filter or search', group: 'Everywhere', run: () => focusFilter() },
  ]);

  const actions: SpotlightActionData[] = [
    // What can be done on this page comes first; the places have their own rows below.
    ...acts
      .filter(({ group }) => group !== 'Everywhere')
      .map(({ keys, label, run }) => ({ id: `act ${keys}`, label, description: keys, onClick: run })),
    ...views.map(({ name, path, query }) => ({
      id: `view ${path} ${name}`,
      label: name,
      description: 'saved filters',
      onClick: () => router.push(query === '' ? path : `${path}?${query}`),
    })),
    ...places.map((place) => ({
      id: place.href,
      label: place.label,
      description: place.keys,
      onClick: () => router.push(withKeptFilters(place.href)),
    })),
    ...(can(actor, 'incident.declare')
      ? [{ id: 'declare', label: 'Declare an incident', onClick: () => router.push('/incidents/new') }]
      : []),
    { id: 'scheme', label: 'Switch between light and dark', onClick: toggleColorScheme },
    { id: 'start', label: 'First steps', onClick: () => router.push('/start') },
    { id: 'docs', label: 'API reference', onClick: () => router.push('/api/docs') },
    { id: 'account', label: 'Your account', onClick: () => router.push('/settings/account') },
  ];

  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        Skip to the page
      </a>
      <header className={classes.bar}>
        <Burger
          opened={drawer}
          onClick={open}
          size="sm"
          aria-label="Open the navigation"
          className={classes.burger}
        />
        <Link href="/" className={classes.brand} prefetch={false}>
          <span className={classes.mark} aria-hidden="true" />
          Stopgap
        </Link>
        {demo && <span className={classes.demo}>demo</span>}
        <Button
          variant="default"
          size="xs"
          className={classes.search}
          leftSection={<IconSearch size={14} aria-hidden="true" />}
          onClick={spotlight.open}
        >
          Go to or do… <kbd className="key">Ctrl K</kbd>
        </Button>
        <div className={classes.end}>
          <ActionIcon variant="subtle" color="gray" aria-label="Keys on this page" onClick={openSheet}>
            <IconKeyboard size={18} aria-hidden="true" />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Switch between light and dark"
            onClick={toggleColorScheme}
          >
            <IconSun size={18} className="light-only" aria-hidden="true" />
            <IconMoon size={18} className="dark-only" aria-hidden="true" />
          </ActionIcon>
          <Menu position="bottom-end" width={220}>
            <Menu.Target>
              <Button
                variant="subtle"
                color="gray"
                size="xs"
                aria-label={`${actor.name}: account`}
                leftSection={<IconUserCircle size={18} aria-hidden="true" />}
              >
                {actor.name}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>Signed in as {actor.role}</Menu.Label>
              <Menu.Item component={Link} href="/settings/account">
                Your account
              </Menu.Item>
              <Menu.Item component="a" href="/sign-out">
                Sign out
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </header>
      <aside className={classes.side}>
        <Navigation role={actor.role} />
      </aside>
      <Drawer opened={drawer} onClose={close} size={260} title="Stopgap">
        <Navigation role={actor.role} onNavigate={close} />
      </Drawer>
      <main id="main" className={classes.main} tabIndex={-1}>
        {children}
      </main>
      <Spotlight
        actions={actions}
        onSpotlightOpen={() => setActs(listShortcuts())}
        scrollable
        maxHeight="60vh"
        nothingFound="Nothing of that name"
        shortcut={['mod + K']}
        highlightQuery
        searchProps={{
          placeholder: 'Go to a page or do something…',
          'aria-label': 'Go to or do',
          leftSection: <IconSearch size={16} aria-hidden="true" />,
        }}
      />
    </div>
  );
}

function focusFilter(): void {
  document.querySelector<HTMLElement>('main [type=search], main [data-filter]')?.focus();
}
