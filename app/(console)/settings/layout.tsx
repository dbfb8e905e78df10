import type { ReactNode } from 'react';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { SettingsTabs } from './settings-tabs.tsx';
import { TABS } from './tabs.ts';

export default async function SettingsLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor();
  const mine = TABS.filter(({ permission }) => permission === null || can(actor, permission));
  return (
    <>
      <SettingsTabs hrefs={mine.map(({ href }) => href)} />
      {children}
    </>
  );
}
