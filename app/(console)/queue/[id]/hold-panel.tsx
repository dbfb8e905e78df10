'use client';

import { NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { BarPanel } from './bar-panel.tsx';
import { PanelSubmit } from './panel-submit.tsx';
import classes from './workbench.module.css';

type HoldPanelProps = {
  /** The longest hold there is, minutes. */
  most: number;
  onHold: (minutes: number, reason: string) => void;
  onClose: () => void;
};

/** Keeps an item for this person beyond a lease, for a time and a reason that others see. */
export function HoldPanel({ most, onHold, onClose }: HoldPanelProps) {
  const [minutes, setMinutes] = useState<number | string>(Math.min(30, most));
  const [reason, setReason] = useState('');
  const missing =
    typeof minutes !== 'number' || minutes < 1
      ? `Say for how many minutes, ${most} at most.`
      : reason.trim().length < 3
        ? 'Say why in at least three letters.'
        : null;
  return (
    <BarPanel title="Hold: it stays yours, and the next one comes" onClose={onClose}>
      <form
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (missing === null) onHold(Number(minutes), reason.trim());
        }}
      >
        <NumberInput
          size="xs"
          w={92}
          label="Minutes"
          min={1}
          max={most}
          clampBehavior="blur"
          allowDecimal={false}
          value={minutes}
          onChange={setMinutes}
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
        />
        <TextInput
          size="xs"
          label="Why"
          placeholder="such as: asked the model team"
          value={reason}
          maxLength={4_000}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <PanelSubmit label="Hold" missing={missing} />
      </form>
    </BarPanel>
  );
}
