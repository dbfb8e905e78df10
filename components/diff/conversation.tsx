'use client';

import { Fragment, useMemo } from 'react';
import classes from './conversation.module.css';
import { diffLanguage } from './diff-language.ts';
import { type DiffFinding, FindingNote } from './finding-note.tsx';
import { Marked } from './marked.tsx';
import { type Part, partsOf } from './parts.ts';
import { Shown } from './shown.tsx';
import { asChange, severityKind } from './shown-source.ts';
import { shownSpans } from './spans.ts';
import { visibleLines, visibleText } from './visible-text.tsx';

type ConversationProps = { text: string; findings?: DiffFinding[] };

const NONE: DiffFinding[] = [];

/**
 * A prompt or an answer as it is read: turns under who speaks, code coloured by its fence, prose in its own direction.
 * Every character stays on the screen, the marks of Markdown too: what it would hide is where attacks are.
 */
export function Conversation({ text, findings = NONE }: ConversationProps) {
  const parts = useMemo(() => partsOf(text), [text]);
  return (
    <div className={classes.conversation}>
      {parts.map((part) => (
        <Fragment key={part.from}>
          <PartShown part={part} text={text} findings={findings} />
          {(part.kind === 'head' || part.kind === 'fence') && (
            <Notes findings={findings.filter((one) => startsIn(one, part, text))} />
          )}
        </Fragment>
      ))}
    </div>
  );
}

type PartProps = { part: Part; text: string; findings: DiffFinding[] };

function PartShown({ part, text, findings }: PartProps) {
  switch (part.kind) {
    case 'head':
      return (
        <p className={classes.head} data-role={part.name.split(' ')[0]?.toLowerCase()}>
          <bdi>
            <Marked text={visibleText(text.slice(part.from, part.to).replace(/\n$/, '')).text} />
          </bdi>
        </p>
      );
    case 'fence':
      return (
        <p className={classes.fence}>
          <Marked text={visibleText(text.slice(part.from, part.to)).text.trim()} />
        </p>
      );
    case 'code':
      return <Code part={part} text={text} findings={findings} />;
    default:
      return <Prose part={part} text={text} findings={findings} />;
  }
}

function Code({ part: { from, to, name }, text, findings }: PartProps) {
  const source = useMemo(() => {
    const code = text.slice(from, to);
    const moved = findings
      .filter((one) => startsIn(one, { from, to }, text))
      .map((one) => ({ ...one, start: (one.start ?? 0) - from, end: one.end && one.end - from }));
    const shown = asChange({ before: null, completion: code, findings: moved });
    // Those that began before are marked here and spoken of there.
    const marks = overlapping(findings, from, to)
      .filter(({ start }) => start < from)
      .flatMap((one) =>
        shownSpans(code, 0, one.end && one.end - from).map((span) => ({ kind: severityKind(one), span })),
      );
    return { ...shown, marks: [...shown.marks, ...marks] };
  }, [text, from, to, findings]);
  return (
    <div className={classes.code}>
      <Shown source={source} language={diffLanguage(name)} />
    </div>
  );
}

function Prose({ part: { kind, from, to }, text, findings }: PartProps) {
  const near = overlapping(findings, from, to);
  const lines: { from: number; to: number }[] = [];
  for (let at = from; at < to; ) {
    const found = text.indexOf('\n', at);
    const end = found === -1 || found >= to ? to : found + 1;
    lines.push({ from: at, to: end });
    at = end;
  }
  return (
    <div className={kind === 'data' ? classes.data : classes.prose}>
      {lines.map((line) => (
        <Fragment key={line.from}>
          <p dir="auto" data-kind={kindOf(text.slice(line.from, line.to))}>
            {segments(line, near).map(({ from: start, to: end, severity }) => (
              <Stretch key={start} text={text.slice(start, end)} severity={severity} />
            ))}
          </p>
          <Notes findings={findings.filter((one) => startsIn(one, line, text))} />
        </Fragment>
      ))}
    </div>
  );
}

function Stretch({ text, severity }: { text: string; severity: string | undefined }) {
  const words = <Inline text={visibleLines(text).text.replace(/\n$/, '')} />;
  return severity ? (
    <mark className={classes.mark} data-severity={severity}>
      {words}
    </mark>
  ) : (
    words
  );
}

function Notes({ findings }: { findings: DiffFinding[] }) {
  return findings.map((finding) => (
    <FindingNote key={`${finding.detector}${finding.rule}${finding.start}`} finding={finding} />
  ));
}

/** What begins at the very end of the text is spoken of under its last line. */
function startsIn({ start }: DiffFinding, { from, to }: { from: number; to: number }, text: string): boolean {
  return start !== null && start >= from && (start < to || (to === text.length && start === to));
}

type Placed = DiffFinding & { start: number };

function overlapping(findings: DiffFinding[], from: number, to: number): Placed[] {
  return findings.filter(
    (one): one is Placed =>
      one.start !== null && one.start < to && (one.start >= from || (one.end ?? one.start) > from),
  );
}

/** A line cut where marks begin and end; without an end a mark goes to the end of its line. */
function segments(line: { from: number; to: number }, near: Placed[]) {
  const spans = near.map((one) => ({
    start: one.start,
    end: one.end !== null && one.end > one.start ? one.end : Math.max(one.start + 1, line.to),
    severity: severityKind(one),
  }));
  const here = spans.filter(({ start, end }) => start < line.to && end > line.from);
  const cuts = [line.from, line.to, ...here.flatMap(({ start, end }) => [start, end])]
    .filter((at) => at >= line.from && at <= line.to)
    .sort((a, b) => a - b);
  return cuts.slice(1).flatMap((to, index) => {
    const from = cuts[index] ?? line.from;
    if (from === to) return [];
    return [{ from, to, severity: here.find(({ start, end }) => start <= from && end >= to)?.severity }];
  });
}

const KINDS: [RegExp, string][] = [
  [/^#{1,6} /, 'heading'],
  [/^\s*\|/, 'table'],
  [/^\s*>/, 'quote'],
  [/^\s*(?:[-*+]|\d{1,9}[.)]) /, 'item'],
];

const kindOf = (line: string) => KINDS.find(([pattern]) => pattern.test(line))?.[1];

const INLINE = /(`[^`\n]{1,400}`|\*\*[^*\n]{1,400}\*\*)/;

/** Code and strong words of a line, with the marks that make them so. */
function Inline({ text }: { text: string }) {
  let at = 0;
  return text.split(INLINE).map((piece) => {
    const key = at;
    at += piece.length;
    if (piece.length > 2 && piece.startsWith('`') && piece.endsWith('`'))
      return (
        <code key={key}>
          <Marked text={piece} />
        </code>
      );
    if (piece.length > 4 && piece.startsWith('**') && piece.endsWith('**'))
      return (
        <strong key={key}>
          <Marked text={piece} />
        </strong>
      );
    return (
      <Fragment key={key}>
        <Marked text={piece} />
      </Fragment>
    );
  });
}
