'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import classes from './settings.module.css';
import { TABS } from './tabs.ts';

/** The pages of settings that this person may see. */
export function SettingsTabs({ hrefs }: { hrefs: string[] }) {
  const pathname = usePathname();
  return (
    <nav aria-label="Settings" className={classes.tabs}>
      {TABS.filter(({ href }) => hrefs.includes(href)).map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          prefetch={false}
          className={classes.tab}
          aria-current={pathname.startsWith(href) ? 'page' : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
