const CHANGED = '[data-line][data-line-type^="change"], [data-line][data-inserted]';

/** The first line of every run of changed lines, in the order of the page; both columns of a split diff count once. */
export function changes(root: ShadowRoot): HTMLElement[] {
  const tops = new Map<number, HTMLElement>();
  for (const line of root.querySelectorAll<HTMLElement>(CHANGED)) {
    const above = line.previousElementSibling;
    if (above instanceof HTMLElement && isChanged(above)) continue;
    const top = Math.round(line.getBoundingClientRect().top);
    if (!tops.has(top)) tops.set(top, line);
  }
  return [...tops].sort(([a], [b]) => a - b).map(([, line]) => line);
}

// In one column removed and added lines follow each other, with the notes of findings between them.
function isChanged(element: HTMLElement): boolean {
  if (element.matches(CHANGED)) return true;
  const above = element.previousElementSibling;
  return 'lineAnnotation' in element.dataset && above instanceof HTMLElement && isChanged(above);
}

/** The place after `from` in a ring of `count`, forwards or backwards; 0 or the last from nowhere. */
export function ringNext(count: number, from: number | null, step: 1 | -1): number | null {
  if (count === 0) return null;
  if (from === null || from >= count) return step === 1 ? 0 : count - 1;
  return (from + step + count) % count;
}

/** Brings something into the middle of the view at once, and shows for a moment which it was. */
export function show(element: HTMLElement): void {
  element.scrollIntoView({ block: 'center', behavior: 'instant' });
  element.animate?.(
    [{ outline: '2px solid #2c6bd3', outlineOffset: '-2px' }, { outline: '2px solid transparent' }],
    {
      duration: 900,
    },
  );
}
