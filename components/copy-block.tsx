'use client';

import { Button, CopyButton } from '@mantine/core';
import classes from './copy-block.module.css';

/** A command or snippet to take away; scrolls sideways rather than wrapping. */
export function CopyBlock({ label, text }: { label: string; text: string }) {
  return (
    <div className={classes.block}>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" className={classes.copy} onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key. */}
      <section className={classes.text} tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
    </div>
  );
}
