'use client';

import { Button, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Keys } from '#components/shell/shortcuts';
import { BarPanel } from './bar-panel.tsx';
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
  const ready = typeof minutes === 'number' && minutes >= 1 && reason.trim().length >= 3;
  return (
    <BarPanel title="Hold: it stays yours, and the next one comes" onClose={onClose}>
      <form
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onHold(minutes, reason.trim());
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
        <Button size="xs" type="submit" disabled={!ready} rightSection={<Keys keys="Enter" />}>
          Hold
        </Button>
      </form>
    </BarPanel>
  );
}
