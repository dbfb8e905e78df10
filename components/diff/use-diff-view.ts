'use client';

import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { type RefObject, useCallback, useRef, useState } from 'react';
import { useShortcuts } from '../shell/shortcuts.tsx';
import { changes, ringNext, show } from './jump.ts';

export type DiffView = {
  layout: 'split' | 'unified';
  whole: boolean;
  /** The suggestion shown where it goes in, instead of as a diff. */
  inPlace: boolean;
  /** Words shown as turns and prose, not as numbered lines. */
  reading: boolean;
  said: string;
  setReading: (reading: boolean) => void;
  setLayout: (layout: 'split' | 'unified') => void;
  setInPlace: (inPlace: boolean) => void;
  copy: () => void;
};

type DiffViewProps = {
  frame: RefObject<HTMLElement | null>;
  /** Whether this diff answers to the keys of the page. */
  active: boolean;
  isDiff: boolean;
  canInsert: boolean;
  /** Where a diff would show what the suggestion never touched as removed. */
  insertFirst: boolean;
  canRead: boolean;
  copied: string;
};

/** How code is looked at: kept for the next item and the next day, changed by key. */
export function useDiffView(props: DiffViewProps): DiffView {
  const { frame, active, isDiff, canInsert, insertFirst, canRead, copied } = props;
  // Beside the list and the facts two columns of code need a wide screen, or lines of ordinary length wrap.
  const narrow = useMediaQuery('(max-width: 1700px)', false, { getInitialValueInEffect: true });
  const [chosen, setChosen] = useLocalStorage<'split' | 'unified' | 'auto'>({
    key: 'diff-layout',
    defaultValue: 'auto',
  });
  const [whole, setWhole] = useLocalStorage({ key: 'diff-whole', defaultValue: false });
  const [placing, setPlacing] = useState<boolean | null>(null);
  const [written, setWritten] = useState(false);
  const [said, setSaid] = useState('');
  const at = useRef<{ change: number | null; finding: number | null }>({ change: null, finding: null });
  const layout = chosen === 'auto' ? (narrow ? 'unified' : 'split') : chosen;
  const inPlace = canInsert && (placing ?? insertFirst);

  function jump(kind: 'change' | 'finding', step: 1 | -1) {
    const found = frame.current ? targets(frame.current, kind) : [];
    const next = ringNext(found.length, at.current[kind], step);
    at.current[kind] = next;
    const target = next === null ? undefined : found[next];
    if (!target || next === null) return setSaid(`no ${kind} here`);
    show(target);
    setSaid(`${kind} ${next + 1} of ${found.length}`);
  }

  const copy = useCallback(async () => {
    try {
      await navigator.clipboard.writeText(copied);
      setSaid('copied as text');
    } catch {
      setSaid('the browser refused to copy');
    }
  }, [copied]);

  const group = 'Code';
  useShortcuts(
    active
      ? [
          { act: 'code.nextHunk', label: 'Next change', group, run: () => jump('change', 1) },
          { act: 'code.previousHunk', label: 'Previous change', group, run: () => jump('change', -1) },
          { act: 'code.nextFinding', label: 'Next finding', group, run: () => jump('finding', 1) },
          { act: 'code.previousFinding', label: 'Previous finding', group, run: () => jump('finding', -1) },
          { act: 'code.copy', label: 'Copy the suggestion as text', group, run: copy },
          ...(isDiff
            ? [
                {
                  act: 'code.layout',
                  label: 'Split or unified',
                  group,
                  run: () => setChosen(layout === 'split' ? 'unified' : 'split'),
                },
                {
                  act: 'code.context',
                  label: 'All unchanged lines, or only those near changes',
                  group,
                  run: () => setWhole(!whole),
                },
              ]
            : []),
          ...(canRead
            ? [
                {
                  act: 'code.layout',
                  label: 'Formatted, or as written',
                  group,
                  run: () => setWritten(!written),
                },
              ]
            : []),
          ...(canInsert
            ? [
                {
                  act: 'code.insert',
                  label: 'The suggestion where it goes in, or as a diff',
                  group,
                  run: () => setPlacing(!inPlace),
                },
              ]
            : []),
        ]
      : [],
  );
  return {
    layout,
    whole,
    inPlace,
    reading: canRead && !written,
    said,
    setReading: (reading) => setWritten(!reading),
    setLayout: setChosen,
    setInPlace: setPlacing,
    copy,
  };
}

// Findings stand in the page itself, the lines of the code in the shadow tree that the library draws.
function targets(frame: HTMLElement, kind: 'change' | 'finding'): HTMLElement[] {
  if (kind === 'finding') return [...frame.querySelectorAll<HTMLElement>('[data-finding]')].filter(isSeen);
  return [...frame.querySelectorAll('*')].flatMap(({ shadowRoot }) =>
    shadowRoot ? changes(shadowRoot) : [],
  );
}

function isSeen(element: HTMLElement): boolean {
  return element.checkVisibility();
}
