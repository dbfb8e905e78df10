'use client';

import { FocusTrap } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './workbench.module.css';

/** A small question above the bar: answered by key, closed by Escape, and the keys of the page wait meanwhile. */
export function BarPanel({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <FocusTrap active>
      <div
        role="dialog"
        aria-label={title}
        className={classes.panel}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onClose();
        }}
      >
        <p className={classes.panelTitle}>{title}</p>
        {children}
      </div>
    </FocusTrap>
  );
}
