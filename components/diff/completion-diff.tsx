'use client';

import { SegmentedControl } from '@mantine/core';
import { useMemo, useRef, useState } from 'react';
import { Keys } from '../shell/shortcuts.tsx';
import type { ChangeSize } from './change.ts';
import { Conversation } from './conversation.tsx';
import classes from './diff.module.css';
import { diffLanguage } from './diff-language.ts';
import { type DiffFinding, FindingNote } from './finding-note.tsx';
import { insertionOf } from './insertion.ts';
import { isConversation, partsOf } from './parts.ts';
import { RICH_LIMIT, Shown } from './shown.tsx';
import { asChange, inPlace } from './shown-source.ts';
import { type DiffView, useDiffView } from './use-diff-view.ts';
import { visibleText } from './visible-text.tsx';

export type { DiffFinding } from './finding-note.tsx';

type CompletionDiffProps = {
  before: string | null;
  completion: string;
  language: string;
  path?: string | null;
  surface?: string | undefined;
  /** As sent; `meta.suffix` is the code after the cursor. */
  meta?: unknown;
  findings: DiffFinding[];
  /** Whether this diff answers to the keys for code; one per page should. */
  active?: boolean;
};

/**
 * The suggestion as a diff against the code before, or as a block where there is none, with findings on their lines.
 * The text is hostile: shown as text only, with everything invisible made visible.
 */
export function CompletionDiff(props: CompletionDiffProps) {
  const { before, completion, language, path, surface, meta, findings, active = true } = props;
  const frame = useRef<HTMLElement>(null);
  const insertion = useMemo(
    () => insertionOf({ before, completion, surface, meta }),
    [before, completion, surface, meta],
  );
  const change = useMemo(() => asChange({ before, completion, findings }), [before, completion, findings]);
  const isDiff = change.before !== null;
  // An answer in words, or a prompt; a file of code with a fence in a comment stays code.
  const canRead = useMemo(
    () =>
      before === null &&
      completion.length <= RICH_LIMIT &&
      (surface === 'chat' || diffLanguage(language) === 'text') &&
      (isWords(language) || isConversation(partsOf(completion))),
    [before, completion, surface, language],
  );
  const view = useDiffView({
    frame,
    active,
    isDiff,
    canInsert: insertion !== null,
    insertFirst: insertion?.insertFirst ?? false,
    canRead,
    copied: completion,
  });
  const source = useMemo(
    () => (view.inPlace && insertion ? inPlace({ before, completion, findings }, insertion) : change),
    [before, completion, findings, insertion, view.inPlace, change],
  );
  const [size, setSize] = useState<ChangeSize | null>(null);
  const name = view.inPlace ? 'suggestion in place' : before === null ? 'new code' : 'suggested change';

  return (
    <section
      ref={frame}
      className={classes.frame}
      data-layout={isDiff && !view.inPlace ? view.layout : undefined}
      aria-label={before === null ? 'New code' : 'Suggested change'}
    >
      <div className={classes.bar}>
        <span className={classes.path}>{path ? visibleText(path).text : name}</span>
        <span className={classes.language}>{visibleText(language).text}</span>
        {size && !view.inPlace && <SizeOfChange size={size} />}
        <span className={classes.said} role="status">
          {view.said}
        </span>
        <DiffTools
          view={view}
          isDiff={isDiff}
          canInsert={insertion !== null}
          canRead={canRead}
          active={active}
        />
      </div>
      {source.notes.length > 0 && (
        <p className={classes.notes} data-hidden={isHiding(source.notes) || undefined} role="note">
          {source.notes.join(' · ')}
        </p>
      )}
      {source.unplaced.map((finding) => (
        <FindingNote key={`${finding.detector}${finding.rule}${finding.message}`} finding={finding} />
      ))}
      {completion === '' && (
        <p className={classes.notes}>
          {before === null ? 'The model answered with nothing.' : 'The suggestion is empty: everything goes.'}
        </p>
      )}
      {(source.completion !== '' || (source.before !== null && source.before !== '')) &&
        (view.reading ? (
          <Conversation text={completion} findings={findings} />
        ) : (
          <Shown
            key={`${source.completion.length}:${source.before?.length ?? -1}`}
            source={source}
            language={diffLanguage(language)}
            layout={view.layout}
            whole={view.whole}
            onSize={setSize}
          />
        ))}
    </section>
  );
}

const isWords = (language: string) => /^(?:text|plain ?text|markdown|md|)$/i.test(language.trim());

// How lines end is worth a word; what hides in them is a warning.
const isHiding = (notes: string[]) => notes.some((note) => note.includes('⟦'));

function SizeOfChange({ size: { added, removed } }: { size: ChangeSize }) {
  const words = `${added} ${added === 1 ? 'line' : 'lines'} added, ${removed} removed`;
  return (
    <span className={classes.size} role="img" aria-label={words} title={words}>
      +{added} −{removed}
    </span>
  );
}

type DiffToolsProps = {
  view: DiffView;
  isDiff: boolean;
  canInsert: boolean;
  canRead: boolean;
  active: boolean;
};

function DiffTools({ view, isDiff, canInsert, canRead, active }: DiffToolsProps) {
  const choices = [
    ...(isDiff
      ? [
          { value: 'split', label: 'split' },
          { value: 'unified', label: 'unified' },
        ]
      : []),
    ...(canInsert ? [{ value: 'place', label: 'in place' }] : []),
    ...(canRead
      ? [
          { value: 'read', label: 'read' },
          { value: 'written', label: 'as written' },
        ]
      : []),
  ];
  const written = view.reading ? 'read' : 'written';
  function choose(value: string) {
    if (canRead) return view.setReading(value === 'read');
    view.setInPlace(value === 'place');
    if (value !== 'place') view.setLayout(value === 'split' ? 'split' : 'unified');
  }
  return (
    <span className={classes.tools}>
      {choices.length > 1 && (
        <>
          {active && <Keys act="code.layout" />}
          <SegmentedControl
            size="xs"
            aria-label="Layout of the diff"
            value={canRead ? written : view.inPlace ? 'place' : view.layout}
            onChange={choose}
            data={choices}
          />
        </>
      )}
      <button type="button" className={classes.copy} onClick={view.copy}>
        copy {active && <Keys act="code.copy" />}
      </button>
    </span>
  );
}
