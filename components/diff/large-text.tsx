'use client';

import { Fragment, useMemo } from 'react';
import { type Chunk, chunksOf, sharedEnds } from './chunks.ts';
import classes from './diff.module.css';
import { type DiffFinding, FindingNote } from './finding-note.tsx';
import { Marked } from './marked.tsx';

type LargeTextProps = {
  before: string | null;
  completion: string;
  findings: { line: number; finding: DiffFinding }[];
};

/**
 * A text too long to colour: in parts that the browser lays out only in view, so that opening it costs the same
 * whatever its length. What a change leaves as it was at both ends is folded away.
 */
export function LargeText({ before, completion, findings }: LargeTextProps) {
  const parts = useMemo(() => (before === null ? null : partsOf(before, completion)), [before, completion]);
  if (parts === null) return <Part text={completion} from={1} findings={findings} />;
  const { head, tail, removed, added } = parts;
  return (
    <>
      <Folded text={head} label="unchanged at the beginning" from={1} findings={findings} />
      {removed !== '' && (
        <>
          <p className={classes.side}>Removed, {lines(removed)}</p>
          <Part text={removed} from={parts.at} findings={[]} />
        </>
      )}
      <p className={classes.side}>{added === '' ? 'Nothing added' : `Added, ${lines(added)}`}</p>
      <Part text={added} from={parts.at} findings={findings} />
      <Folded text={tail} label="unchanged at the end" from={parts.tailAt} findings={findings} />
    </>
  );
}

type PartProps = { text: string; from: number; findings: LargeTextProps['findings'] };

function Part({ text, from, findings }: PartProps) {
  // Those of other parts are shown there.
  const here = useMemo(() => {
    const until = from + text.split('\n').length;
    return findings.filter(({ line }) => line >= from && line < until);
  }, [text, from, findings]);
  const chunks = useMemo(
    () => chunksOf(text, new Set(here.map(({ line }) => line - from + 1))),
    [text, from, here],
  );
  return (
    <div className={classes.large}>
      {chunks.map((chunk, index) => {
        const until = chunks[index + 1]?.line ?? Number.POSITIVE_INFINITY;
        return (
          <Fragment key={chunk.at}>
            <ChunkRow chunk={chunk} from={from} />
            {here
              .filter(({ line }) => line - from + 1 >= chunk.line && line - from + 1 < until)
              .map(({ finding }) => (
                <FindingNote key={`${finding.detector}${finding.rule}${finding.start}`} finding={finding} />
              ))}
          </Fragment>
        );
      })}
    </div>
  );
}

function ChunkRow({ chunk, from }: { chunk: Chunk; from: number }) {
  const height = Math.max(1, chunk.text.split('\n').length, Math.ceil(chunk.text.length / 110)) * 20;
  return (
    <div className={classes.chunk} style={{ containIntrinsicBlockSize: `auto ${height}px` }}>
      <span className={classes.chunkLine}>{chunk.goesOn ? '…' : chunk.line + from - 1}</span>
      <pre className={classes.chunkText}>
        <code>
          <Marked text={chunk.text} />
        </code>
      </pre>
    </div>
  );
}

function Folded({ text, label, ...rest }: PartProps & { label: string }) {
  if (text === '') return null;
  return (
    <details className={classes.folded}>
      <summary>
        {lines(text)} {label}
      </summary>
      <Part text={text} {...rest} />
    </details>
  );
}

function partsOf(before: string, completion: string) {
  const old = before.split('\n');
  const fresh = completion.split('\n');
  const { head, tail } = sharedEnds(old, fresh);
  return {
    head: fresh.slice(0, head).join('\n'),
    tail: fresh.slice(fresh.length - tail).join('\n'),
    removed: old.slice(head, old.length - tail).join('\n'),
    added: fresh.slice(head, fresh.length - tail).join('\n'),
    at: head + 1,
    tailAt: fresh.length - tail + 1,
  };
}

function lines(text: string): string {
  const count = text.split('\n').length;
  return `${count.toLocaleString('en')} ${count === 1 ? 'line' : 'lines'}`;
}
