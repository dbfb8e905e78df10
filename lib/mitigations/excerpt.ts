import type { Span } from '#sdk/match';

export type Excerpt = {
  text: string;
  /** Spans inside `text`; those outside the window are left out. */
  spans: Span[];
  cutBefore: boolean;
  cutAfter: boolean;
};

/** Moves a cut off the middle of a surrogate pair. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** The lines around the first span, at most about `around` characters to each side; lengths in UTF-16 units. */
export function excerptAround(text: string, spans: readonly Span[], around: number): Excerpt {
  const first = spans[0] ?? { start: 0, end: 0 };
  let start = whole(text, Math.max(0, first.start - around));
  let end = whole(text, Math.min(text.length, first.end + around));
  // Whole lines read better, where one begins or ends near the cut.
  const lineStart = start === 0 ? -1 : text.indexOf('\n', start);
  if (lineStart !== -1 && lineStart < first.start) start = lineStart + 1;
  const lineEnd = end === text.length ? -1 : text.lastIndexOf('\n', end);
  if (lineEnd >= first.end) end = lineEnd;
  return {
    text: text.slice(start, end),
    spans: spans
      .filter((span) => span.start < end && span.end > start)
      .map((span) => ({ start: Math.max(0, span.start - start), end: Math.min(end, span.end) - start })),
    cutBefore: start > 0,
    cutAfter: end < text.length,
  };
}
