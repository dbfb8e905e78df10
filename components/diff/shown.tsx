'use client';

import { lazy, Suspense, useCallback, useState, useSyncExternalStore } from 'react';
import type { ChangeSize } from './change.ts';
import classes from './diff.module.css';
import { DiffBoundary } from './diff-boundary.tsx';
import { LargeText } from './large-text.tsx';
import { PlainBlock } from './plain-block.tsx';
import type { ShownSource } from './shown-source.ts';

// Above this many characters diff and colours would hold up the page for longer than a tenth of a second.
export const RICH_LIMIT = 30_000;

const RichDiff = lazy(() => import('./rich-diff.tsx'));

type ShownProps = {
  source: ShownSource;
  language: string;
  layout?: 'split' | 'unified';
  whole?: boolean;
  onSize?: (size: ChangeSize | null) => void;
};

/** Plain text at once and on the server; the highlighted diff takes its place as soon as it has painted. */
export function Shown({ source, language, layout = 'unified', whole = false, onSize }: ShownProps) {
  const inBrowser = useSyncExternalStore(
    subscribeNever,
    () => true,
    () => false,
  );
  const [ready, setReady] = useState(false);
  const onShown = useCallback(
    (size: ChangeSize | null) => {
      setReady(true);
      onSize?.(size);
    },
    [onSize],
  );
  const { before, completion, placed, marks, inserted } = source;
  if ((before?.length ?? 0) + completion.length > RICH_LIMIT) {
    return <LargeText before={before} completion={completion} findings={placed} />;
  }
  const plain = <PlainBlock before={before} completion={completion} />;
  if (!inBrowser) return plain;
  return (
    <DiffBoundary fallback={plain}>
      {!ready && plain}
      <div className={ready ? undefined : classes.waiting}>
        <Suspense>
          <RichDiff
            before={before}
            completion={completion}
            language={language}
            layout={layout}
            whole={whole}
            findings={placed}
            marks={marks}
            inserted={inserted}
            onShown={onShown}
          />
        </Suspense>
      </div>
    </DiffBoundary>
  );
}

function subscribeNever() {
  return () => undefined;
}
