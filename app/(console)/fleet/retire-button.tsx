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
  const isOne = instances.length === 1;
  // A relay may be among them, so they are not all instances.
  const what = isOne ? first : `all ${instances.length} that are silent`;
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => setOpened(true)}
        {...(keys !== undefined && { rightSection: <Keys keys={keys} /> })}
      >
        {isOne ? 'Retire…' : `Retire ${what}…`}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Retire ${what}`}
        reason={{
          label: isOne
            ? 'How do you know that it no longer serves?'
            : 'How do you know that they no longer serve?',
          minLength: 1,
          placeholder: 'Scaled down at 14:00; the pods are gone.',
        }}
        confirm={`Retire ${what}`}
        submit={(reason) => retireInstancesAction({ instances, reason })}
        onDone={() => setOpened(false)}
      >
        <p style={{ margin: 0 }}>
          {isOne ? 'It may be cut off and still serve.' : 'They may be cut off and still serve.'} What is
          retired is no longer counted. If it reports again, it comes back by itself.
        </p>
        {!isOne && (
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
