'use client';

import { SegmentedControl } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import classes from './diff.module.css';
import { DiffBoundary } from './diff-boundary.tsx';
import { diffLanguage } from './diff-language.ts';
import { type DiffFinding, FindingNote } from './finding-note.tsx';
import { PlainBlock } from './plain-block.tsx';
import { lineOf, visibleText } from './visible-text.tsx';

export type { DiffFinding } from './finding-note.tsx';

// Above this many characters the diff itself, not only its colours, would hold up the page.
const RICH_LIMIT = 300_000;

const RichDiff = lazy(() => import('./rich-diff.tsx'));

type CompletionDiffProps = {
  before: string | null;
  completion: string;
  language: string;
  path?: string | null;
  findings: DiffFinding[];
};

/**
 * The suggestion as a diff against the code before, or as a block where there is none, with findings on their lines.
 * The text is hostile: shown as text only, with everything invisible made visible.
 */
export function CompletionDiff({ before, completion, language, path, findings }: CompletionDiffProps) {
  const narrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: true });
  const [chosen, setLayout] = useLocalStorage<'split' | 'unified' | 'auto'>({
    key: 'diff-layout',
    defaultValue: 'auto',
  });
  const layout = chosen === 'auto' ? (narrow ? 'unified' : 'split') : chosen;
  const old = useMemo(() => (before === null ? null : visibleText(before)), [before]);
  const fresh = useMemo(() => visibleText(completion), [completion]);
  const { placed, unplaced } = useMemo(() => place(findings, completion), [findings, completion]);
  const notes = notesOf(old?.notes, fresh.notes);

  return (
    <section className={classes.frame} aria-label={before === null ? 'New code' : 'Suggested change'}>
      <div className={classes.bar}>
        <span className={classes.path}>
          {path ? visibleText(path).text : before === null ? 'new code' : 'suggested change'}
        </span>
        <span className={classes.language}>{visibleText(language).text}</span>
        {before !== null && (
          <SegmentedControl
            size="xs"
            className={classes.layout}
            aria-label="Layout of the diff"
            value={layout}
            onChange={(value) => setLayout(value === 'split' ? 'split' : 'unified')}
            data={[
              { value: 'split', label: 'split' },
              { value: 'unified', label: 'unified' },
            ]}
          />
        )}
      </div>
      {notes.length > 0 && (
        <p className={classes.notes} role="note">
          {notes.join(' · ')}
        </p>
      )}
      {unplaced.map((finding) => (
        <FindingNote key={`${finding.detector}${finding.rule}${finding.message}`} finding={finding} />
      ))}
      {completion === '' && (
        <p className={classes.notes}>
          {before === null ? 'The model answered with nothing.' : 'The suggestion is empty: everything goes.'}
        </p>
      )}
      {(completion !== '' || (before !== null && before !== '')) && (
        <Shown
          key={`${completion.length}:${before?.length ?? -1}:${layout}`}
          before={old?.text ?? null}
          completion={fresh.text}
          language={diffLanguage(language)}
          layout={layout}
          findings={placed}
        />
      )}
    </section>
  );
}

type ShownProps = {
  before: string | null;
  completion: string;
  language: string;
  layout: 'split' | 'unified';
  findings: { line: number; finding: DiffFinding }[];
};

/** Plain text at once and on the server; the highlighted diff takes its place as soon as it has painted. */
function Shown(props: ShownProps) {
  const inBrowser = useSyncExternalStore(
    subscribeNever,
    () => true,
    () => false,
  );
  const [ready, setReady] = useState(false);
  const onShown = useCallback(() => setReady(true), []);
  const plain = <PlainBlock before={props.before} completion={props.completion} />;
  if (!inBrowser || (props.before?.length ?? 0) + props.completion.length > RICH_LIMIT) return plain;
  return (
    <DiffBoundary fallback={plain}>
      {!ready && plain}
      <div className={ready ? undefined : classes.waiting}>
        <Suspense>
          <RichDiff {...props} onShown={onShown} />
        </Suspense>
      </div>
    </DiffBoundary>
  );
}

function subscribeNever() {
  return () => undefined;
}

// A finding without a span, or beyond the text, speaks of the whole.
function place(findings: DiffFinding[], completion: string) {
  const isPlaced = ({ start }: DiffFinding) =>
    start !== null && completion !== '' && start <= completion.length;
  return {
    placed: findings
      .filter(isPlaced)
      .map((finding) => ({ line: lineOf(completion, finding.start ?? 0), finding })),
    unplaced: findings.filter((finding) => !isPlaced(finding)),
  };
}

function notesOf(before: string[] | undefined, after: string[]): string[] {
  if (before === undefined || before.join() === after.join()) return after;
  return [...before.map((note) => `before: ${note}`), ...after.map((note) => `after: ${note}`)];
}
