'use client';

import { Button, Textarea } from '@mantine/core';
import { type ClipboardEvent, useEffect, useRef, useState } from 'react';
import composer from '../composer.module.css';
import { counted } from '../words.ts';
import classes from './packages.module.css';

/** A box of more characters takes seconds to lay out and is slow at every key. */
const BOX_MOST = 100_000;

type Props = {
  text: string;
  /** Why the matcher cannot run. */
  problem: string | undefined;
  onText: (text: string) => void;
};

/** Where a list of packages is typed or pasted. A long one is kept beside the box, so that the page stays quick. */
export function PackageText({ text, problem, onText }: Props) {
  const [isForced, setForced] = useState(false);
  const isLong = text.length > BOX_MOST && !isForced;
  const place = useRef<HTMLDivElement>(null);
  const was = useRef(isLong);

  // What had the focus is gone, so it goes to what stands there now.
  useEffect(() => {
    if (was.current === isLong) return;
    was.current = isLong;
    place.current?.querySelector<HTMLElement>('textarea, [tabindex]')?.focus();
  }, [isLong]);

  function paste(event: ClipboardEvent<HTMLTextAreaElement>) {
    const pasted = event.clipboardData.getData('text/plain');
    if (pasted.length <= BOX_MOST || isForced) return;
    event.preventDefault();
    const { value, selectionStart, selectionEnd } = event.currentTarget;
    onText(value.slice(0, selectionStart) + pasted.replaceAll('\r\n', '\n') + value.slice(selectionEnd));
  }

  return (
    <div ref={place}>
      {isLong ? (
        <section className={classes.long} aria-label="Packages" tabIndex={-1}>
          <p>
            A list of {counted(linesOf(text), 'line')}, too long for a text box. What was read in it is below.
          </p>
          {problem && (
            <p role="alert" className={composer.problem}>
              {problem}
            </p>
          )}
          <Button size="compact-sm" variant="default" onClick={() => onText('')}>
            Start over
          </Button>
          <Button size="compact-sm" variant="subtle" onClick={() => setForced(true)}>
            Edit as text (slow)
          </Button>
        </section>
      ) : (
        <Textarea
          label="Packages"
          description="Paste a list as it was published: names, name@version, purls, CSV, a lock file, an OSV or GitHub advisory, an SBOM, Markdown."
          error={problem}
          // A long list must not grow the page.
          rows={6}
          classNames={{ input: composer.mono }}
          spellCheck={false}
          value={text}
          onPaste={paste}
          onChange={({ currentTarget: { value } }) => onText(value)}
        />
      )}
    </div>
  );
}

function linesOf(text: string): number {
  let lines = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
