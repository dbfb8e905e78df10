import type { Span } from './match.ts';

/**
 * Replaces every span by `[removed by R-31]`; spans that overlap become one mark that names all their rules.
 * Everything outside the spans stays as it was, to the byte.
 */
export function redact(text: string, removals: readonly { ref: string; spans: readonly Span[] }[]): string {
  const marks = removals
    .flatMap(({ ref, spans }) => spans.map(({ start, end }) => ({ start, end, ref })))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const out: string[] = [];
  let position = 0;
  for (let at = 0; at < marks.length; ) {
    const { start, end: first, ref } = marks[at++] as (typeof marks)[number];
    let end = first;
    // Nearly every mark is of one rule.
    let refs: Set<string> | undefined;
    for (let next = marks[at]; next && next.start < end; next = marks[++at]) {
      end = Math.max(end, next.end);
      if (next.ref !== ref) refs = (refs ?? new Set([ref])).add(next.ref);
    }
    out.push(text.slice(position, start), `[removed by ${refs ? [...refs].join(', ') : ref}]`);
    position = end;
  }
  out.push(text.slice(position));
  return out.join('');
}
