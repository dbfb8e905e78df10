'use client';

import { Button } from '@mantine/core';
import { useState } from 'react';
import { ActDialog } from '../mitigations/[ref]/act-dialog.tsx';
import { retireInstancesAction } from './actions.ts';

/** Takes silent instances out of the fleet, once somebody knows that they no longer serve. */
export function RetireButton({ instances }: { instances: string[] }) {
  const [opened, setOpened] = useState(false);
  const [first] = instances;
  if (first === undefined) return null;
  const what = instances.length === 1 ? first : `${instances.length} silent instances`;
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setOpened(true)}>
        {instances.length === 1 ? 'Retire…' : `Retire ${what}…`}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Retire ${what}`}
        reason={{
          label: 'How is it known that nothing serves there any more?',
          minLength: 1,
          placeholder: 'Scaled down at 14:00; the pods are gone.',
        }}
        confirm={`Retire ${what}`}
        submit={(reason) => retireInstancesAction({ instances, reason })}
        onDone={() => setOpened(false)}
      >
        <p>
          A silent instance may be cut off and still serve. Retired, it is counted nowhere any more. If it
          speaks again, it is back by itself.
        </p>
      </ActDialog>
    </>
  );
}
