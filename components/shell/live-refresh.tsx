'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useTransition } from 'react';
import { type LiveTopic, useLive } from './live.tsx';

/**
 * Fetches the page's server data again, in place, within about a second of a change of that kind. One at a time: on a
 * slow machine a refresh every second would else keep the page from ever finishing one, or a way to another page.
 */
export function LiveRefresh({ on }: { on: LiveTopic }) {
  const router = useRouter();
  const live = useLive();
  const stamp = live?.stamps[on];
  const seen = useRef(stamp);
  const [refreshing, startRefresh] = useTransition();
  useEffect(() => {
    if (refreshing || stamp === undefined || stamp === seen.current) return;
    const first = seen.current === undefined;
    seen.current = stamp;
    if (!first) startRefresh(() => router.refresh());
  }, [stamp, refreshing, router]);
  return null;
}
