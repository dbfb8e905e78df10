import { useEffect, useMemo, useState } from 'react';
import { itemsOf, type Reading, readingOf } from '#lib/package-lists/merge';
import type { PackageListItem } from '#sdk/rule';

/** Up to this many characters are read at once, in some milliseconds; longer lists are read beside the page. */
const AT_ONCE = 20_000;

/** The packages of a list that is short enough to be read as it is typed; null for a longer one. */
export function packagesAtOnce(text: string): PackageListItem[] | null {
  return text.length <= AT_ONCE ? itemsOf(readingOf(text).packages) : null;
}

/** What a pasted list says; `reading` is null while a long one is still read. */
export function useReading(text: string): { reading: Reading | null; failed: boolean } {
  const short = useMemo(() => (text.length <= AT_ONCE ? readingOf(text) : null), [text]);
  const [long, setLong] = useState<{ text: string; reading: Reading | null } | null>(null);

  useEffect(() => {
    if (text.length <= AT_ONCE) return;
    const worker = new Worker(new URL('./reading-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Reading>) => setLong({ text, reading: data }));
    worker.addEventListener('error', () => setLong({ text, reading: null }));
    worker.postMessage(text);
    return () => worker.terminate();
  }, [text]);

  if (short) return { reading: short, failed: false };
  return long?.text === text
    ? { reading: long.reading, failed: long.reading === null }
    : { reading: null, failed: false };
}
