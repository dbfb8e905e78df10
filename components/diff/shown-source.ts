import type { DiffFinding } from './finding-note.tsx';
import type { Insertion } from './insertion.ts';
import type { Inserted, Marks } from './marks.ts';
import { shownPlace, shownSpans } from './spans.ts';
import { lineEnds, lineOf, visibleLines, visibleText } from './visible-text.tsx';

/** What the highlighter gets: texts in which nothing is invisible, notes on lines, marks inside lines. */
export type ShownSource = {
  /** Null where there was nothing before, and where no line of it changes. */
  before: string | null;
  completion: string;
  notes: string[];
  placed: { line: number; finding: DiffFinding }[];
  unplaced: DiffFinding[];
  marks: Marks;
  inserted: Inserted | null;
};

type Given = { before: string | null; completion: string; findings: DiffFinding[] };

/**
 * The suggestion as a change of what was before it. How lines end changes no line: a file whose ends the model wrote
 * anew would be red as a whole, and the one line that matters would drown.
 */
export function asChange({ before, completion, findings }: Given): ShownSource {
  const given = { inserted: null, ...place(findings, completion, 0, completion) };
  if (before === null) {
    const { text, notes } = visibleText(completion);
    return { before, completion: text, notes, ...given };
  }
  const [old, fresh] = [visibleLines(before), visibleLines(completion)];
  const isSame = ended(old.text) === ended(fresh.text);
  const ends = endsOf(before, completion, isSame);
  const unchanged = before === completion ? NOTHING_CHANGES : ENDS_CHANGE;
  const notes = [...(isSame ? [unchanged] : []), ...ends, ...notesOf(old.notes, fresh.notes)];
  return isSame
    ? { before: null, completion: fresh.text, notes, ...given }
    : { before: ended(old.text), completion: ended(fresh.text), notes, ...given };
}

/** The suggestion between what stands before and after it, marked as inserted. */
export function inPlace({ completion, findings }: Given, insertion: Insertion): ShownSource {
  const { prefix, suggestion, suffix } = insertion;
  const whole = prefix + suggestion + suffix;
  const shown = visibleText(whole);
  // Offsets count from the start of the completion, which may carry the code before with it.
  const shift = completion.startsWith(prefix) ? 0 : prefix.length;
  return {
    before: null,
    completion: shown.text,
    notes: shown.notes,
    ...place(findings, completion, shift, whole),
    inserted: {
      from: shownPlace(whole, prefix.length),
      to: shownPlace(whole, prefix.length + suggestion.length),
    },
  };
}

const NOTHING_CHANGES = 'Nothing changes: the suggestion is the code before';
const ENDS_CHANGE = 'No line of the code changes, only how lines end';

// The missing newline of a last line is told in words, not as that line gone and come again.
function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** How the ends of lines differ between two texts, or which ones both have where those are not LF. */
function endsOf(before: string, completion: string, isSame: boolean): string[] {
  const [old, fresh] = [lineEnds(before), lineEnds(completion)];
  const lost = before !== '' && completion !== '' && before.endsWith('\n') !== completion.endsWith('\n');
  const differ =
    old !== null &&
    fresh !== null &&
    (kindOf(old) !== kindOf(fresh) || (isSame && before !== completion && !lost));
  return [
    ...(differ ? [`line ends differ: ${old} before, ${fresh} after`] : []),
    ...(!differ && fresh !== null && fresh !== 'LF' ? [`line ends are ${fresh}`] : []),
    ...(lost ? [`the newline at the end is missing ${completion.endsWith('\n') ? 'before' : 'after'}`] : []),
  ];
}

const kindOf = (ends: string) => ends.split(' ')[0];

const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

/** How a finding's words are marked. */
export function severityKind({ severity }: DiffFinding): (typeof SEVERITIES)[number] {
  return SEVERITIES.find((known) => known === severity) ?? 'medium';
}

// A finding without a span, or beyond the text, speaks of the whole.
function place(findings: DiffFinding[], completion: string, shift: number, shown: string) {
  const isPlaced = ({ start }: DiffFinding) =>
    start !== null && completion !== '' && start <= completion.length;
  const here = findings.filter(isPlaced);
  const marks: Marks = here.flatMap((finding) => {
    const { start, end } = finding;
    const kind = severityKind(finding);
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

function notesOf(before: string[], after: string[]): string[] {
  if (before.join() === after.join()) return after;
  return [...before.map((note) => `before: ${note}`), ...after.map((note) => `after: ${note}`)];
}
