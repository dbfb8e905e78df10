'use client';

import { Button } from '@mantine/core';
import type { ReactNode, RefObject } from 'react';
import { POLICY_KEYS } from '#components/shell/keymap';
import { Keys } from '#components/shell/shortcuts';
import type { Verdict } from '#lib/reviews/schema';
import type { BarPolicy } from './requirements.ts';
import classes from './workbench.module.css';

type BarActs = {
  verdict: (verdict: Verdict) => void;
  pick: (policy: BarPolicy) => void;
  noteDone: () => void;
  skip: () => void;
  hold: () => void;
  handOver: () => void;
  similar: () => void;
  escalate: () => void;
};

type DecisionBarProps = {
  policies: BarPolicy[];
  armed: Verdict | null;
  policyId: string | null;
  /** Nothing can be done before the item is claimed and painted. */
  ready: boolean;
  note: RefObject<HTMLInputElement | null>;
  acts: BarActs;
  children: ReactNode;
};

/** Always at the same place with the same buttons, so that hands can learn it. */
export function DecisionBar({ policies, armed, policyId, ready, note, acts, children }: DecisionBarProps) {
  const verdicts = [
    ['harmful', 'Harmful', 'review.harmful'],
    ['benign', 'Benign', 'review.benign'],
    ['unsure', 'Unsure', 'review.unsure'],
  ] as const;
  const others = [
    ['Skip', 'review.skip', acts.skip],
    ['Hold', 'review.hold', acts.hold],
    ['Hand over', 'review.handover', acts.handOver],
    ['Similar', 'review.similar', acts.similar],
    ['Escalate', 'review.escalate', acts.escalate],
  ] as const;
  return (
    <section className={classes.bar} aria-label="Decision">
      {children}
      <div className={classes.row}>
        {verdicts.map(([verdict, label, act]) => (
          <Button
            key={verdict}
            size="xs"
            color={verdict === 'harmful' ? 'red.9' : 'accent'}
            variant={armed === verdict ? 'filled' : 'default'}
            className={verdict === 'harmful' ? classes.harmful : undefined}
            data-armed={armed === verdict || undefined}
            aria-pressed={armed === verdict}
            aria-disabled={!ready}
            onClick={() => acts.verdict(verdict)}
            rightSection={<Keys act={act} />}
          >
            {label}
          </Button>
        ))}
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot lie in one line with its neighbours. */}
        <div className={classes.policies} role="group" aria-label="Policy" data-armed={armed || undefined}>
          {policies.map((policy, index) => (
            <Button
              key={policy.id}
              size="xs"
              variant={policyId === policy.id ? 'light' : 'default'}
              aria-pressed={policyId === policy.id}
              aria-disabled={!ready}
              title={policy.text}
              onClick={() => acts.pick(policy)}
              rightSection={index < POLICY_KEYS && <Keys act={`policy.${index + 1}`} />}
            >
              {policy.title}
            </Button>
          ))}
        </div>
      </div>
      <div className={classes.row}>
        <label className={classes.note}>
          <span>
            Note <Keys act="review.note" />
          </span>
          <input
            ref={note}
            maxLength={4_000}
            className={classes.input}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' && event.key !== 'Enter') return;
              event.preventDefault();
              event.currentTarget.blur();
              if (event.key === 'Enter') acts.noteDone();
            }}
          />
        </label>
        {others.map(([label, act, run]) => (
          <Button key={act} size="xs" variant="default" onClick={run} rightSection={<Keys act={act} />}>
            {label}
          </Button>
        ))}
      </div>
    </section>
  );
}
