'use client';

import { Button } from '@mantine/core';
import { useId } from 'react';
import { Keys } from '#components/shell/shortcuts';
import classes from './workbench.module.css';

/** The button that ends a panel. What is still missing stands beside it; null where nothing is. */
export function PanelSubmit({ label, missing }: { label: string; missing: string | null }) {
  const id = useId();
  return (
    <>
      <Button
        size="xs"
        type="submit"
        aria-disabled={missing !== null}
        aria-describedby={missing ? id : undefined}
        data-disabled={missing !== null || undefined}
        rightSection={<Keys keys="Enter" />}
      >
        {label}
      </Button>
      {missing && (
        <span id={id} className={classes.missing}>
          {missing}
        </span>
      )}
    </>
  );
}
