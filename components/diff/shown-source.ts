import type { DiffFinding } from './finding-note.tsx';
import type { Insertion } from './insertion.ts';
import type { Marks } from './marks.ts';
import { shownSpans } from './spans.ts';
import { lineOf, visibleText } from './visible-text.tsx';

/** What the highlighter gets: texts in which nothing is invisible, notes on lines, marks inside lines. */
export type ShownSource = {
  before: string | null;
  completion: string;
  notes: string[];
  placed: { line: number; finding: DiffFinding }[];
  unplaced: DiffFinding[];
  marks: Marks;
};

type Given = { before: string | null; completion: string; findings: DiffFinding[] };

/** The suggestion as a change of what was before it. */
export function asChange({ before, completion, findings }: Given): ShownSource {
  const old = before === null ? null : visibleText(before);
  const fresh = visibleText(completion);
  return {
    before: old?.text ?? null,
    completion: fresh.text,
    notes: notesOf(old?.notes, fresh.notes),
    ...place(findings, completion, 0, completion),
  };
}

/** The suggestion between what stands before and after it, marked as inserted. */
export function inPlace({ completion, findings }: Given, insertion: Insertion): ShownSource {
  const { prefix, suggestion, suffix } = insertion;
  const whole = prefix + suggestion + suffix;
  const shown = visibleText(whole);
  // Offsets count from the start of the completion, which may carry the code before with it.
  const shift = completion.startsWith(prefix) ? 0 : prefix.length;
  const { placed, unplaced, marks } = place(findings, completion, shift, whole);
  const inserted = shownSpans(whole, prefix.length, prefix.length + suggestion.length);
  return {
    before: null,
    completion: shown.text,
    notes: shown.notes,
    placed,
    unplaced,
    marks: [...inserted.map((span) => ({ kind: 'inserted' as const, span })), ...marks],
  };
}

const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

// A finding without a span, or beyond the text, speaks of the whole.
function place(findings: DiffFinding[], completion: string, shift: number, shown: string) {
  const isPlaced = ({ start }: DiffFinding) =>
    start !== null && completion !== '' && start <= completion.length;
  const here = findings.filter(isPlaced);
  const marks: Marks = here.flatMap(({ start, end, severity }) => {
    const kind = SEVERITIES.find((known) => known === severity) ?? 'medium';
    return shownSpans(shown, (start ?? 0) + shift, end === null ? null : end + shift).map((span) => ({
      kind,
      span,
    }));
  });
  return {
    placed: here.map((finding) => ({ line: lineOf(shown, (finding.start ?? 0) + shift), finding })),
    unplaced: findings.filter((finding) => !isPlaced(finding)),
    marks,
  };
}

function notesOf(before: string[] | undefined, after: string[]): string[] {
  if (before === undefined || before.join() === after.join()) return after;
  return [...before.map((note) => `before: ${note}`), ...after.map((note) => `after: ${note}`)];
}
