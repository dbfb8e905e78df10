import { Fragment } from 'react';
import classes from './diff.module.css';
import { LargeText } from './large-text.tsx';
import { MARK, visibleText } from './visible-text.tsx';

/** A short piece of sent-in text beside our own words: it cannot hide anything or reorder what follows. */
export function Visible({ text }: { text: string }) {
  return (
    <bdi className={classes.visible}>
      <Marked text={visibleText(text).text} />
    </bdi>
  );
}

// Above this many characters laying out the text at once would be felt.
const LARGE = 50_000;

/** A long piece of sent-in text, with what was made visible named above it. */
export function VisibleBlock({ text }: { text: string }) {
  const shown = visibleText(text);
  return (
    <>
      {shown.notes.length > 0 && <p className={classes.notes}>{shown.notes.join(' · ')}</p>}
      {shown.text.length > LARGE ? (
        <LargeText before={null} completion={shown.text} findings={[]} />
      ) : (
        <pre className={classes.pre}>
          <Marked text={shown.text} />
        </pre>
      )}
    </>
  );
}

/** Text with the marks of invisible characters standing out. */
export function Marked({ text }: { text: string }) {
  if (!text.includes('⟦')) return text;
  const pieces: { at: number; text: string; mark: boolean }[] = [];
  let at = 0;
  for (const match of text.matchAll(MARK)) {
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
