import type { ReactNode } from 'react';
import { LiveProvider } from '#components/shell/live';
import { Shell } from '#components/shell/shell';
import { ShortcutProvider } from '#components/shell/shortcuts';
import { requireActor } from '#lib/auth';
import { env } from '#lib/env';
import { getLive } from '#lib/live/queries';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor();
  return (
    <LiveProvider initial={await getLive(actor)}>
      <ShortcutProvider>
        <Shell actor={actor} demo={env().STOPGAP_DEMO === '1'}>
          {children}
        </Shell>
      </ShortcutProvider>
    </LiveProvider>
  );
}
