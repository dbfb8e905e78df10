import { Fragment } from 'react';
import classes from './diff.module.css';
import { MARK } from './visible-text.tsx';

const MOST_MARKS = 200;

/** Text with the marks of invisible characters standing out. */
export function Marked({ text }: { text: string }) {
  if (!text.includes('⟦')) return text;
  const matches = [...text.matchAll(MARK)];
  // Where everything is hidden, elements for each of them would hold up the page; the labels are there all the same.
  if (matches.length > MOST_MARKS) return text;
  const pieces: { at: number; text: string; mark: boolean }[] = [];
  let at = 0;
  for (const match of matches) {
    if (match.index > at) pieces.push({ at, text: text.slice(at, match.index), mark: false });
    pieces.push({ at: match.index, text: match[0], mark: true });
    at = match.index + match[0].length;
  }
  pieces.push({ at, text: text.slice(at), mark: false });
  return pieces.map((piece) => (
    <Fragment key={piece.at}>
      {piece.mark ? <mark className={classes.mark}>{piece.text}</mark> : piece.text}
    </Fragment>
  ));
}
