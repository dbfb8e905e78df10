'use client';

import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { refusalWords } from '#components/attempt';
import { once } from '#components/once';
import { Keys } from '#components/shell/shortcuts';
import { INCIDENT_SEVERITIES, SEVERITY_MEANING } from '#lib/incidents/schema';
import { declareIncidentAction } from '../../incidents/actions.ts';
import { BarPanel } from './bar-panel.tsx';
import classes from './workbench.module.css';

const declareOnce = once(declareIncidentAction);

type EscalatePanelProps = {
  interactionId: string;
  /** What the detector said, as a first title. */
  suggestion: string;
  /** `isOpen` is false when somebody closed the panel or went on before the answer came. */
  onDeclared: (ref: string, isOpen: boolean) => void;
  onClose: () => void;
};

/** Declares an incident with the item in it, beside the item: the review goes on where it was. */
export function EscalatePanel({ interactionId, suggestion, onDeclared, onClose }: EscalatePanelProps) {
  const [title, setTitle] = useState(suggestion);
  const [severity, setSeverity] = useState<string>('sev3');
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);

  async function declare() {
    if (busy) return;
    setBusy(true);
    const input = { title, severity, commanderId: null, interactionIds: [interactionId] };
    const answer = await declareOnce(input);
    setBusy(false);
    if (answer.ok) onDeclared(answer.data.ref, isOpen.current);
    else setRefused(refusalWords(answer, 'What you wrote is still here.'));
  }

  return (
    <div className={classes.aside}>
      <BarPanel title="Escalate: declare an incident with this item" onClose={onClose}>
        <form
          className={classes.fields}
          onSubmit={(event) => {
            event.preventDefault();
            declare();
          }}
        >
          <TextInput
            size="xs"
            w="min(360px, 80vw)"
            label="What is happening?"
            required
            maxLength={200}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
            data-autofocus
            onFocus={(event) => event.currentTarget.select()}
          />
          <NativeSelect
            size="xs"
            label="Severity"
            value={severity}
            onChange={(event) => setSeverity(event.currentTarget.value)}
            data={INCIDENT_SEVERITIES.map((value) => ({
              value,
              label: `${value.toUpperCase()}: ${SEVERITY_MEANING[value]}`,
            }))}
          />
          <Button size="xs" type="submit" loading={busy} rightSection={<Keys keys="Enter" />}>
            Declare
          </Button>
        </form>
      </BarPanel>
      {refused && (
        <p className={classes.asideRefused} role="alert">
          {refused}
        </p>
      )}
    </div>
  );
}
