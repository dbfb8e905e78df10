'use client';

import { useComputedColorScheme } from '@mantine/core';
import type { DiffLineAnnotation, FileDiffMetadata, LineAnnotation } from '@pierre/diffs';
import { File, FileDiff } from '@pierre/diffs/react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { type ChangeSize, changeOf, sizeOf } from './change.ts';
import { type DiffFinding, FindingNote } from './finding-note.tsx';
import { LINE_CSS, layLines } from './lines.ts';
import { type Inserted, MARK_CSS, type Marks, paint } from './marks.ts';

type RichDiffProps = {
  before: string | null;
  completion: string;
  /** The highlighter's name. */
  language: string;
  layout: 'split' | 'unified';
  /** Shows every unchanged line instead of those near changes. */
  whole: boolean;
  findings: { line: number; finding: DiffFinding }[];
  marks: Marks;
  inserted: Inserted | null;
  /** After the first painting; null where nothing was there before. */
  onShown: (size: ChangeSize | null) => void;
};

// The highlighter runs on JavaScript regular expressions on the main thread: no WebAssembly, no worker from a blob,
// nothing that the page's Content-Security-Policy would have to allow.
const common = {
  disableFileHeader: true,
  overflow: 'wrap',
  preferredHighlighter: 'shiki-js',
  // An error goes up to the boundary, which shows the text without highlighting.
  disableErrorHandling: true,
  diffIndicators: 'classic',
  // Plain themes fall below WCAG's 4.5 to 1 on the tinted lines of a diff.
  theme: { dark: 'github-dark-high-contrast', light: 'github-light-high-contrast' },
  unsafeCSS: LINE_CSS + MARK_CSS,
} as const;

/** The highlighted diff, or block of new code where there is nothing before. Loaded when first needed. */
export default function RichDiff(props: RichDiffProps) {
  const { before, completion, language, layout, whole, findings } = props;
  const themeType = useComputedColorScheme('light');
  const newFile = useMemo(
    // What ends with a newline has no empty line after it.
    () => ({ name: 'completion', contents: completion.replace(/([^\n])\n$/, '$1'), lang: language }),
    [completion, language],
  );
  const diff = useMemo(
    () => (before === null ? null : changeOf(before, completion, language)),
    [before, completion, language],
  );
  const onPostRender = useMarks(props, diff);
  const options = useMemo(() => ({ ...common, themeType, onPostRender }), [themeType, onPostRender]);
  const onLines = useMemo(
    () =>
      findings.map(
        ({ line, finding }): LineAnnotation<DiffFinding> => ({ lineNumber: line, metadata: finding }),
      ),
    [findings],
  );
  const onAdditions = useMemo(
    () => onLines.map((note): DiffLineAnnotation<DiffFinding> => ({ ...note, side: 'additions' })),
    [onLines],
  );
  const expandUnchanged = whole || (diff !== null && findings.some(({ line }) => isFolded(diff, line)));
  const diffOptions = useMemo(
    () => ({
      ...options,
      diffStyle: layout,
      expandUnchanged,
      expansionLineCount: 20,
      hunkSeparators: 'line-info' as const,
      lineDiffType: 'word-alt' as const,
    }),
    [options, layout, expandUnchanged],
  );
  if (diff === null) {
    return <File file={newFile} options={options} lineAnnotations={onLines} renderAnnotation={renderNote} />;
  }
  return (
    <FileDiff
      fileDiff={diff}
      options={diffOptions}
      lineAnnotations={onAdditions}
      renderAnnotation={renderNote}
    />
  );
}

/** After each time the library has drawn: marks inside lines, and expanders that a keyboard reaches. */
function useMarks({ marks, inserted, onShown }: RichDiffProps, diff: FileDiffMetadata | null) {
  const clear = useRef<() => void>(() => undefined);
  useEffect(() => () => clear.current(), []);
  return useCallback(
    (node: HTMLElement, _instance: unknown, phase: string) => {
      clear.current();
      const root = node.shadowRoot;
      // The library also reports while it still waits for its highlighter, with nothing painted yet.
      if (phase === 'unmount' || !root?.querySelector('[data-line]')) return;
      layLines(root, inserted);
      clear.current = paint(root, marks, inserted);
      for (const button of root.querySelectorAll<HTMLElement>('[data-expand-button]')) reachable(button);
      onShown(diff && sizeOf(diff));
    },
    [marks, inserted, diff, onShown],
  );
}

function reachable(button: HTMLElement): void {
  if (button.tabIndex === 0) return;
  button.tabIndex = 0;
  button.ariaLabel = 'Show more unchanged lines';
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    button.click();
  });
}

// A finding on a line that is folded away would not be seen.
function isFolded({ hunks }: FileDiffMetadata, line: number): boolean {
  return !hunks.some(
    ({ additionStart, additionCount }) => line >= additionStart && line < additionStart + additionCount,
  );
}

function renderNote({ metadata }: { metadata: DiffFinding }) {
  return <FindingNote finding={metadata} />;
}
