import type { Span } from '#sdk/match';
import classes from './marked-text.module.css';
import { visibleText } from './visible-text.tsx';

/** Flagged text with the matches marked; what cannot be seen is made visible, nothing is interpreted. */
export function MarkedText({ text, spans }: { text: string; spans: readonly Span[] }) {
  const parts: { at: number; text: string; marked: boolean }[] = [];
  let position = 0;
  // A rule that takes everything marks nothing: what is marked should stand out.
  const isWhole = spans.length === 1 && spans[0]?.start === 0 && spans[0].end >= text.length;
  for (const { start, end } of isWhole ? [] : spans) {
    if (start < position) continue;
    parts.push({ at: position, text: text.slice(position, start), marked: false });
    parts.push({ at: start, text: text.slice(start, end), marked: true });
    position = end;
  }
  parts.push({ at: position, text: text.slice(position), marked: false });
  // Where every line ends alike the ends say nothing; a stray carriage return stays visible.
  const crlf = !/(?<!\r)\n|\r(?!\n|$)/.test(text);
  return (
    <pre className={classes.text}>
      {parts.map((part) => {
        const shown = visibleText(crlf ? part.text.replace(/\r(?=\n|$)/g, '') : part.text).text;
        const key = `${part.at}-${part.marked}`;
        return part.marked ? <mark key={key}>{shown}</mark> : <span key={key}>{shown}</span>;
      })}
    </pre>
  );
}
