'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { type LiveTopic, useLive } from './live.tsx';

/** Fetches the page's server data again, in place, within about a second of a change of that kind. */
export function LiveRefresh({ on }: { on: LiveTopic }) {
  const router = useRouter();
  const live = useLive();
  const stamp = live?.stamps[on];
  const seen = useRef(stamp);
  useEffect(() => {
    if (stamp === undefined || stamp === seen.current) return;
    const first = seen.current === undefined;
    seen.current = stamp;
    if (!first) router.refresh();
  }, [stamp, router]);
  return null;
}
