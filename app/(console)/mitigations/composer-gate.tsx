'use client';

import { type ReactNode, useMemo } from 'react';
import { unreadBy, unreadWords } from '#lib/fleet/unread';
import { approvalNeeded } from '#lib/mitigations/approval';
import type { BacktestResult } from '#lib/mitigations/backtest';
import { isKillSwitch, type killSwitchProblem } from '#lib/mitigations/kill-switch';
import { type Plan, stagesOf } from '#lib/mitigations/plan';
import { missWords, riskOf } from '#lib/mitigations/risk';
import type { ComposerTraffic } from '#lib/mitigations/scope-names';
import { worstOf } from '#lib/mitigations/worst';
import { costOf } from '#sdk/cost';
import type { RuleMatcher, RuleScope } from '#sdk/rule';
import classes from './composer.module.css';
import type { RuleForm } from './rule-form.ts';
import { counted } from './words.ts';

type Props = {
  form: RuleForm;
  scope: RuleScope;
  matcher: RuleMatcher | null;
  plan: Plan;
  result: BacktestResult | null;
  /** What the last day's traffic says of the scope, and the fleet's SDKs of what they read. */
  traffic: ComposerTraffic | null;
  /** When an edited rule ends, where the form leaves that as it is. */
  expiresAt: string | undefined;
  /** What keeps it from being a kill switch. */
  kill: ReturnType<typeof killSwitchProblem>;
  /** What was wrong with the last try to save. */
  message: string | null;
  children: ReactNode;
};

const MINUTE = 60_000;

/** The foot of the composer: what the rule could do wrong, who would have to approve it, and the save. */
export function ComposerGate(props: Props) {
  const { form, scope, matcher, plan, result, traffic, expiresAt, kill, message, children } = props;
  const { mode, action, minutes, when, fail } = form;
  const miss = result && missWords(result);
  const risk =
    matcher && (result || worstOf({ matcher, mode, action, fail }, null).everything !== null)
      ? riskOf({ scope, mode, action, matcher, fail }, result)
      : null;
  const need = useMemo(() => {
    const now = new Date();
    const ends = minutes === '' && expiresAt ? expiresAt : new Date(now.getTime() + Number(minutes) * MINUTE);
    return approvalNeeded(
      { scope, matcher, action, mode, plan, fail, traffic, expiresAt: ends },
      result,
      now,
    );
  }, [scope, matcher, action, mode, plan, fail, traffic, minutes, expiresAt, result]);
  const unread = useMemo(
    () => matcher && traffic && unreadBy(traffic.sdkVersions, { matcher }),
    [matcher, traffic],
  );
  const cost = useMemo(
    () => matcher && costOf({ matcher, when: when.trim() === '' ? null : when }),
    [matcher, when],
  );
  return (
    <footer className={classes.gate}>
      <div className={classes.gateWords}>
        {message && (
          <p role="alert" className={classes.problem}>
            {message}
          </p>
        )}
        {miss && (
          <p role="status" className={classes.problem}>
            {miss}
          </p>
        )}
        {kill && (
          <p role="status" className={classes.problem}>
            {kill.message}
          </p>
        )}
        {unread && (
          <p role="status" data-risk="raised" className={classes.risk}>
            {unreadWords(unread)}
          </p>
        )}
        {isKillSwitch({ matcher, mode, action, fail }) && (
          <p className={classes.hint}>
            This is a kill switch. Two people publish it and each types its name; nobody can break glass for
            it. It ends by itself within 60 minutes.{' '}
            {stagesOf(plan, mode)[0] === 'full'
              ? 'It is live everywhere at once.'
              : 'It goes through the stages that you chose under Rollout; the usual is everywhere at once.'}
          </p>
        )}
        <p data-risk={risk?.level} className={classes.risk}>
          {risk ? `Risk ${risk.level}. ${risk.words}` : 'The risk is known after the back-test.'}
        </p>
        <p className={classes.hint}>
          {need.approvals === 0
            ? 'One commander may publish it alone.'
            : 'Another commander must approve it.'}{' '}
          {need.reasons.filter((reason) => !risk?.words.includes(reason)).join(' ')}
        </p>
        {cost && (
          <p className={classes.hint}>
            {cost.units <= 2 ? 'No measurable cost.' : `Costs ${counted(cost.units, 'unit')} on every text.`}{' '}
            {cost.why}
          </p>
        )}
      </div>
      {children}
    </footer>
  );
}
