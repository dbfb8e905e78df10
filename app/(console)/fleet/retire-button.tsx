'use client';

import { Button } from '@mantine/core';
import { useState } from 'react';
import { Keys, useShortcuts } from '#components/shell/shortcuts';
import { ActDialog } from '../mitigations/[ref]/act-dialog.tsx';
import { retireInstancesAction } from './actions.ts';
import classes from './fleet.module.css';

/** Takes silent instances out of the fleet, once somebody knows that they no longer serve. */
export function RetireButton({ instances, keys }: { instances: string[]; keys?: string }) {
  const [opened, setOpened] = useState(false);
  useShortcuts(
    keys === undefined || instances.length === 0
      ? []
      : [{ keys, label: 'Retire silent instances', group: 'Fleet', run: () => setOpened(true) }],
  );
  const [first] = instances;
  if (first === undefined) return null;
  const what = instances.length === 1 ? first : `${instances.length} silent instances`;
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => setOpened(true)}
        {...(keys !== undefined && { rightSection: <Keys keys={keys} /> })}
      >
        {instances.length === 1 ? 'Retire…' : `Retire ${what}…`}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Retire ${what}`}
        reason={{
          label: 'How do you know that it no longer serves?',
          minLength: 1,
          placeholder: 'Scaled down at 14:00; the pods are gone.',
        }}
        confirm={`Retire ${what}`}
        submit={(reason) => retireInstancesAction({ instances, reason })}
        onDone={() => setOpened(false)}
      >
        <p style={{ margin: 0 }}>
          A silent instance may be cut off and still serving. Once retired it is no longer counted. If it
          reports again, it comes back by itself.
        </p>
        {instances.length > 1 && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key.
          <section tabIndex={0} aria-label="Silent instances" className={classes.retired}>
            <ul>
              {instances.map((id) => (
                <li key={id}>{id}</li>
              ))}
            </ul>
          </section>
        )}
      </ActDialog>
    </>
  );
}
