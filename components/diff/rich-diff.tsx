'use client';

import { useComputedColorScheme } from '@mantine/core';
import type { DiffLineAnnotation, LineAnnotation } from '@pierre/diffs';
import { File, MultiFileDiff } from '@pierre/diffs/react';
import { useMemo } from 'react';
import { type DiffFinding, FindingNote } from './finding-note.tsx';

export type RichDiffProps = {
  before: string | null;
  completion: string;
  /** The highlighter's name. */
  language: string;
  layout: 'split' | 'unified';
  findings: { line: number; finding: DiffFinding }[];
  onShown: () => void;
};

// The highlighter runs on JavaScript regular expressions on the main thread: no WebAssembly, no worker from a blob,
// nothing that the page's Content-Security-Policy would have to allow.
const common = {
  disableFileHeader: true,
  overflow: 'wrap',
  preferredHighlighter: 'shiki-js',
  // An error goes up to the boundary, which shows the text without highlighting.
  disableErrorHandling: true,
  // Plain themes fall below WCAG's 4.5 to 1 on the tinted lines of a diff.
  theme: { dark: 'github-dark-high-contrast', light: 'github-light-high-contrast' },
} as const;

/** The highlighted diff, or block of new code where there is nothing before. Loaded when first needed. */
export default function RichDiff({ before, completion, language, layout, findings, onShown }: RichDiffProps) {
  const themeType = useComputedColorScheme('light');
  const options = useMemo(
    () => ({ ...common, themeType, onPostRender: (node: HTMLElement) => isPainted(node) && onShown() }),
    [themeType, onShown],
  );
  const newFile = useMemo(
    () => ({ name: 'completion', contents: completion, lang: language }),
    [completion, language],
  );
  const oldFile = useMemo(
    () => (before === null ? null : { name: 'completion', contents: before, lang: language }),
    [before, language],
  );
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
  const diffOptions = useMemo(
    () => ({ ...options, diffStyle: layout, expandUnchanged: true, lineDiffType: 'word-alt' as const }),
    [options, layout],
  );
  if (oldFile === null) {
    return <File file={newFile} options={options} lineAnnotations={onLines} renderAnnotation={renderNote} />;
  }
  return (
    <MultiFileDiff
      oldFile={oldFile}
      newFile={newFile}
      options={diffOptions}
      lineAnnotations={onAdditions}
      renderAnnotation={renderNote}
    />
  );
}

// The library also reports while it still waits for its highlighter, with nothing painted yet.
function isPainted(node: HTMLElement): boolean {
  return node.shadowRoot?.querySelector('[data-line]') != null;
}

function renderNote({ metadata }: { metadata: DiffFinding }) {
  return <FindingNote finding={metadata} />;
}
