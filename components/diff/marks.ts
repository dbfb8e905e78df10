import type { LineSpan } from './spans.ts';
import { MARK } from './visible-text.tsx';

/** A stretch that was inserted, from one place to another: 1-based lines, 0-based UTF-16 columns as shown. */
export type Inserted = Record<'from' | 'to', { line: number; column: number }>;

/** What is marked inside lines, by the name that the style sheet of the code knows. */
type MarkKind = 'invisible' | 'critical' | 'high' | 'medium' | 'low' | 'inserted';

/**
 * Marks inside the highlighter's own lines by the CSS Custom Highlight API, which paints ranges and leaves the
 * elements as they are: the library may draw its lines anew at any time. The finding's text under the line says the
 * same in words, so a browser without the API loses only the place inside the line.
 */
export const MARK_CSS = `
  ::highlight(stopgap-invisible) { background-color: light-dark(#7a1f8a, #e9b4f5); color: light-dark(#fff, #2a0730); }
  ::highlight(stopgap-critical) { text-decoration: underline wavy 2px light-dark(#b3151d, #ff8a85); }
  ::highlight(stopgap-high) { text-decoration: underline wavy 2px light-dark(#a8420b, #ffa56b); }
  ::highlight(stopgap-medium) { text-decoration: underline wavy 2px light-dark(#7a5900, #e5bd4f); }
  ::highlight(stopgap-low) { text-decoration: underline wavy 2px light-dark(#57606a, #9aa3ad); }
  ::highlight(stopgap-inserted) { background-color: light-dark(#dafbe1, #0f2f1c); }
  [data-expand-button]:focus-visible { outline: 2px solid light-dark(#1f5fbf, #7db0ff); outline-offset: -2px; }
`;

export type Marks = { kind: MarkKind; span: LineSpan }[];

/** Paints the marks of one piece of code; answers how to take them away again. */
export function paint(root: ShadowRoot, marks: Marks, inserted: Inserted | null): () => void {
  if (typeof CSS === 'undefined' || !('highlights' in CSS)) return () => undefined;
  const painted: [MarkKind, Range][] = [];
  const add = (kind: MarkKind, range: Range | null) => {
    if (!range) return;
    painted.push([kind, range]);
    registered(kind).add(range);
  };
  for (const line of root.querySelectorAll<HTMLElement>('[data-line]')) {
    const text = line.textContent ?? '';
    // Whole lines are tinted as such.
    if (inserted && !('inserted' in line.dataset)) add('inserted', insertedIn(line, text, inserted));
    if (!text.includes('⟦')) continue;
    for (const match of text.matchAll(MARK)) {
      add('invisible', rangeIn(line, match.index, match.index + match[0].length));
    }
  }
  for (const { kind, span } of marks) {
    const line = lineElement(root, span.line);
    if (line) add(kind, rangeIn(line, span.from, span.to));
  }
  return () => {
    for (const [kind, range] of painted) registered(kind).delete(range);
  };
}

/** What of a line was inserted, where it began or ended inside the line. */
function insertedIn(line: HTMLElement, text: string, { from, to }: Inserted): Range | null {
  const number = Number(line.dataset.line);
  if (number < from.line || number > to.line) return null;
  const start = number === from.line ? from.column : 0;
  const end = number === to.line ? to.column : text.length;
  return end > start ? rangeIn(line, start, end) : null;
}

/** The element of a line of the suggestion: in the right column of a split diff, never a removed one. */
function lineElement(root: ShadowRoot, line: number): HTMLElement | null {
  const found = `[data-line="${line}"]:not([data-line-type="change-deletion"])`;
  const column = root.querySelector('[data-additions]') ?? root;
  return column.querySelector<HTMLElement>(found);
}

function registered(kind: MarkKind): Highlight {
  const name = `stopgap-${kind}`;
  const known = CSS.highlights.get(name);
  if (known) return known;
  const made = new Highlight();
  // What cannot be seen otherwise lies on top of everything.
  made.priority = kind === 'invisible' ? 2 : kind === 'inserted' ? 0 : 1;
  CSS.highlights.set(name, made);
  return made;
}

function rangeIn(line: HTMLElement, from: number, to: number): Range | null {
  const range = document.createRange();
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let at = 0;
  let begun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (!begun && from < at + length) {
      range.setStart(node, Math.max(0, from - at));
      begun = true;
    }
    if (begun && to <= at + length) {
      range.setEnd(node, to - at);
      return range;
    }
    at += length;
  }
  return null;
}
