import type { Span } from './match.ts';

/**
 * Replaces every span by `[removed by R-31]`; spans that overlap become one mark that names all their rules.
 * Everything outside the spans stays as it was, to the byte.
 */
export function redact(text: string, removals: readonly { ref: string; spans: readonly Span[] }[]): string {
  const marks = removals
    .flatMap(({ ref, spans }) => spans.map((span) => ({ ...span, refs: new Set([ref]) })))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let position = 0;
  for (let i = 0; i < marks.length; ) {
    const first = marks[i++];
    if (!first) break;
    let { end } = first;
    for (let next = marks[i]; next && next.start < end; next = marks[++i]) {
      end = Math.max(end, next.end);
      for (const ref of next.refs) first.refs.add(ref);
    }
    out += `${text.slice(position, first.start)}[removed by ${[...first.refs].join(', ')}]`;
    position = end;
  }
  return out + text.slice(position);
}
