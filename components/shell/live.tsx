'use client';

import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { Live } from '#lib/live/schema';

export type LiveTopic = keyof Live['stamps'];

const LiveContext = createContext<Live | null>(null);
const EVERY_MS = 1_000;
const SLOWLY_MS = 5_000;

/** Asks once a second, while somebody looks, what is pending and what has changed. */
export function LiveProvider({ initial, children }: { initial: Live; children: ReactNode }) {
  const [live, setLive] = useState(initial);
  const [lost, setLost] = useState(false);

  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask() {
      if (document.visibilityState === 'visible') {
        try {
          const response = await fetch('/api/live', { signal: controller.signal, cache: 'no-store' });
          if (response.status === 401) return window.location.assign('/sign-in');
          if (!response.ok) throw new Error(`live answered ${response.status}`);
          const next: Live = await response.json();
          // An unchanged answer must not re-render every page that listens.
          setLive((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
          setLost(false);
        } catch {
          if (controller.signal.aborted) return;
          setLost(true);
        }
      }
      timer = setTimeout(ask, document.visibilityState === 'visible' ? EVERY_MS : SLOWLY_MS);
    }
    timer = setTimeout(ask, EVERY_MS);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, []);

  return (
    <LiveContext value={live}>
      {lost && (
        <div className="connection-lost" role="status">
          Stopgap does not answer right now. What you see may be old; it comes back by itself.
        </div>
      )}
      {children}
    </LiveContext>
  );
}

export function useLive(): Live | null {
  return useContext(LiveContext);
}
