import classes from './diff.module.css';
import { visibleText } from './visible-text.tsx';

/** A short piece of sent-in text beside our own words: it cannot hide anything or reorder what follows. */
export function Visible({ text }: { text: string }) {
  return <bdi className={classes.visible}>{visibleText(text).text}</bdi>;
}

/** A long piece of sent-in text, with what was made visible named above it. */
export function VisibleBlock({ text }: { text: string }) {
  const shown = visibleText(text);
  return (
    <>
      {shown.notes.length > 0 && <p className={classes.notes}>{shown.notes.join(' · ')}</p>}
      <pre className={classes.pre}>{shown.text}</pre>
    </>
  );
}
