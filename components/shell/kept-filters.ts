'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useEffect } from 'react';

/** Lists that are found again as they were left. */
const LISTS = new Set(['/queue', '/clusters', '/investigate', '/audit']);

// For as long as this tab is not loaded anew.
const kept = new Map<string, string>();

/** Remembers how the list on the screen is narrowed; where in it one was is not kept. */
export function useKeptFilters(): void {
  const pathname = usePathname();
  const search = useSearchParams();
  useEffect(() => {
    if (!LISTS.has(pathname)) return;
    const query = new URLSearchParams(search);
    for (const place of ['cursor', 'open']) query.delete(place);
    kept.set(pathname, query.size === 0 ? '' : `?${query}`);
  }, [pathname, search]);
}

/** The address of a place, with the filters under which it was left. */
export function withKeptFilters(href: string): string {
  return `${href}${kept.get(href) ?? ''}`;
}
