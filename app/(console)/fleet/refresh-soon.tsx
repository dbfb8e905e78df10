'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/**
 * Looks again while time alone changes the picture: two seconds after a publish "adopting" turns into "lagging",
 * and one that vanished turns silent, although nothing was written. A hidden tab asks nothing.
 */
export function RefreshSoon({ everyMs }: { everyMs: number }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') router.refresh();
    }, everyMs);
    return () => clearInterval(timer);
  }, [router, everyMs]);
  return null;
}
