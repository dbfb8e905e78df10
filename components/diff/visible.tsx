import classes from './diff.module.css';
import { LargeText } from './large-text.tsx';
import { Marked } from './marked.tsx';
import { visibleText } from './visible-text.tsx';

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
      <MadeVisible notes={shown.notes} />
      {shown.text.length > LARGE ? (
        <LargeText before={null} completion={shown.text} findings={[]} />
      ) : (
        <pre className={classes.pre}>
          <code>
            <Marked text={shown.text} />
          </code>
        </pre>
      )}
    </>
  );
}

/** What a text hides and is shown all the same, named above it. */
export function MadeVisible({ notes }: { notes: string[] }) {
  if (notes.length === 0) return null;
  return (
    <p className={classes.notes} data-hidden>
      {notes.join(' · ')}
    </p>
  );
}
