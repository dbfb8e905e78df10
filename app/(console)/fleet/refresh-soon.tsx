'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** Two seconds after a publish "adopting" turns into "lagging" although nothing was written: look once more. */
export function RefreshSoon() {
  const router = useRouter();
  useEffect(() => {
    const timer = setTimeout(() => router.refresh(), 2_300);
    return () => clearTimeout(timer);
  }, [router]);
  return null;
}
