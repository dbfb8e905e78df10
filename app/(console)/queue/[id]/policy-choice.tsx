'use client';

import { useState } from 'react';
import { PlainBlock } from '#components/diff/plain-block';
import { visibleText } from '#components/diff/visible-text';
import { POLICY_KEYS } from '#components/shell/keymap';
import { Keys } from '#components/shell/shortcuts';
import type { Verdict } from '#lib/reviews/schema';
import type { BarPolicy } from './requirements.ts';
import classes from './workbench.module.css';

type PolicyChoiceProps = {
  policies: BarPolicy[];
  armed: Verdict | null;
  policyId: string | null;
  onPick: (policy: BarPolicy) => void;
};

/** The clauses with their text, and an example of the one that is pointed at or chosen. */
export function PolicyChoice({ policies, armed, policyId, onPick }: PolicyChoiceProps) {
  const [pointedId, setPointedId] = useState<string | null>(null);
  const shown = policies.find(({ id }) => id === (pointedId ?? policyId));
  const example =
    shown?.examples.find(({ verdict }) => verdict === (armed ?? 'harmful')) ?? shown?.examples[0];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no grid in every browser.
    <div className={classes.policies} role="group" aria-label="Policy">
      {policies.map((policy, index) => (
        <button
          key={policy.id}
          type="button"
          className={classes.policy}
          aria-pressed={policyId === policy.id}
          onClick={() => onPick(policy)}
          onFocus={() => setPointedId(policy.id)}
          onPointerEnter={() => setPointedId(policy.id)}
          onPointerLeave={() => setPointedId(null)}
        >
          <span className={classes.policyTitle}>
            {index < POLICY_KEYS && <Keys act={`policy.${index + 1}`} />} {policy.title}
          </span>
          <span className={classes.policyText}>{policy.text}</span>
        </button>
      ))}
      {example && (
        <div className={classes.example}>
          <p>
            Example, {example.verdict}: {example.why}
          </p>
          <PlainBlock before={null} completion={visibleText(example.code).text} />
        </div>
      )}
    </div>
  );
}
