'use client';

import type { ReactNode } from 'react';
import type { BacktestResult } from '#lib/mitigations/backtest';
import { riskOf } from '#lib/mitigations/risk';
import type { RuleMatcher, RuleScope } from '#sdk/rule';
import classes from './composer.module.css';
import type { RuleForm } from './rule-form.ts';

type Props = {
  form: RuleForm;
  scope: RuleScope;
  matcher: RuleMatcher | null;
  result: BacktestResult | null;
  /** What was wrong with the last try to save. */
  message: string | null;
  children: ReactNode;
};

/** The foot of the composer: what the rule could do wrong, who would have to approve it, and the save. */
export function ComposerGate({ form, scope, result, message, children }: Props) {
  const risk = result && riskOf({ scope, mode: form.mode, action: form.action }, result);
  return (
    <footer className={classes.gate}>
      <div className={classes.gateWords}>
        {message && (
          <p role="alert" className={classes.problem}>
            {message}
          </p>
        )}
        <p data-risk={risk?.level} className={classes.risk}>
          {risk ? `Risk ${risk.level}. ${risk.words}` : 'The risk is known once the rule has been tried.'}
        </p>
      </div>
      {children}
    </footer>
  );
}
