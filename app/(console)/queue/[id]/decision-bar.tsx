'use client';

import { Button } from '@mantine/core';
import type { RefObject } from 'react';
import { Keys } from '#components/shell/shortcuts';
import type { CurrentPolicy } from '#lib/policies/queries';
import classes from './workbench.module.css';

type DecisionBarProps = {
  policies: CurrentPolicy[];
  armed: boolean;
  policyId: string | null;
  refusal: string | null;
  ready: boolean;
  note: RefObject<HTMLInputElement | null>;
  acts: {
    harmful: () => void;
    benign: () => void;
    unsure: () => void;
    pick: (policy: CurrentPolicy) => void;
    skip: () => void;
    escalate: () => void;
  };
};

/** Always at the same place with the same buttons, so that hands can learn it. */
export function DecisionBar({ policies, armed, policyId, refusal, ready, note, acts }: DecisionBarProps) {
  return (
    <section className={classes.bar} aria-label="Decision">
      <p className={classes.say} role="status" data-refused={refusal !== null || undefined}>
        {refusal ?? (armed ? 'Harmful: which policy?' : policies.length === 0 ? NO_POLICIES : 'Decide:')}
        {refusal !== null && (
          <Button size="compact-xs" onClick={acts.skip} rightSection={<Keys keys="Enter" />}>
            Go on
          </Button>
        )}
      </p>
      <div className={classes.row}>
        <Button
          size="xs"
          color="red.9"
          variant={armed ? 'filled' : 'default'}
          className={classes.harmful}
          data-armed={armed || undefined}
          aria-pressed={armed}
          disabled={!ready}
          onClick={acts.harmful}
          rightSection={<Keys keys="h" />}
        >
          Harmful
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={!ready}
          onClick={acts.benign}
          rightSection={<Keys keys="b" />}
        >
          Benign
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={!ready}
          onClick={acts.unsure}
          rightSection={<Keys keys="u" />}
        >
          Unsure
        </Button>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot lie in one line with its neighbours. */}
        <div className={classes.policies} role="group" aria-label="Policy" data-armed={armed || undefined}>
          {policies.map((policy, index) => (
            <Button
              key={policy.id}
              size="xs"
              variant={policyId === policy.id ? 'light' : 'default'}
              aria-pressed={policyId === policy.id}
              disabled={!ready}
              title={policy.text}
              onClick={() => acts.pick(policy)}
              rightSection={index < 9 && <Keys keys={String(index + 1)} />}
            >
              {policy.title}
            </Button>
          ))}
        </div>
      </div>
      <div className={classes.row}>
        <label className={classes.note}>
          <span>
            Note <Keys keys="n" />
          </span>
          <input
            ref={note}
            maxLength={4_000}
            className={classes.input}
            onKeyDown={(event) => {
              if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
            }}
          />
        </label>
        <Button size="xs" variant="default" onClick={acts.skip} rightSection={<Keys keys="s" />}>
          Skip
        </Button>
        <Button size="xs" variant="default" onClick={acts.escalate} rightSection={<Keys keys="e" />}>
          Escalate
        </Button>
      </div>
    </section>
  );
}

const NO_POLICIES = 'There are no policies yet; a harmful verdict needs one.';
