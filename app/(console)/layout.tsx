import type { ReactNode } from 'react';
import { LiveProvider } from '#components/shell/live';
import { Shell } from '#components/shell/shell';
import { ShortcutProvider } from '#components/shell/shortcuts';
import { requireActor } from '#lib/auth';
import { env } from '#lib/env';
import { getLive } from '#lib/live/queries';
import { getPreference } from '#lib/preferences/queries';
import { OutboxProvider } from './queue/use-outbox.tsx';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor();
  const [live, { keymap, views }] = await Promise.all([getLive(actor), getPreference(actor)]);
  return (
    <LiveProvider initial={live}>
      <ShortcutProvider keymap={keymap}>
        <OutboxProvider personId={actor.id}>
          <Shell actor={actor} views={views} demo={env().STOPGAP_DEMO === '1'}>
            {children}
          </Shell>
        </OutboxProvider>
      </ShortcutProvider>
    </LiveProvider>
  );
}
