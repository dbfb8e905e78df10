'use client';

import { useSyncExternalStore } from 'react';
import { clockLabel, dueLabel, relativeLabel } from '#lib/time';

// One ticking second for the whole page, however many times it shows.
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const currentSecond = () => Math.floor(Date.now() / 1_000) * 1_000;

/** The ticking wall clock in whole seconds; null while the server renders. */
export function useNow(): number | null {
  return useSyncExternalStore(subscribe, currentSecond, () => null);
}

/** "4 m ago" or "in 3 h", with the exact time in UTC and here on hover. */
export function RelativeTime({ at }: { at: string | Date }) {
  const now = useNow();
  const date = new Date(at);
  const iso = date.toISOString();
  const title =
    now === null ? iso : `${iso.replace('T', ' ').slice(0, 19)} UTC\n${date.toLocaleString()} here`;
  return (
    <time dateTime={iso} title={title} suppressHydrationWarning>
      {now === null ? iso.slice(0, 16).replace('T', ' ') : relativeLabel(date.getTime() - now)}
    </time>
  );
}

/** A running clock since `from`: "14 m 02 s"; 0 while that lies ahead. */
export function Clock({ from }: { from: string | Date }) {
  const now = useNow();
  const at = new Date(from).getTime();
  return <span className="tabular">{now === null ? '…' : clockLabel(Math.max(0, now - at))}</span>;
}

/** A running clock down to `at`: "in 24 s"; once that is past, "any moment, due 24 s ago": it never counts up again. */
export function Countdown({ at }: { at: string | Date }) {
  const now = useNow();
  return <span className="tabular">{now === null ? '…' : dueLabel(new Date(at).getTime() - now)}</span>;
}
