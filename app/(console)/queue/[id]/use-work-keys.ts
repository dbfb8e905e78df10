'use client';

import { POLICY_KEYS } from '#components/shell/keymap';
import { type Shortcut, useShortcuts } from '#components/shell/shortcuts';
import type { Verdict } from '#lib/reviews/schema';
import type { BarPolicy } from './requirements.ts';

type WorkActs = {
  verdict: (verdict: Verdict) => void;
  pick: (policy: BarPolicy) => void;
  harmful: (policy: BarPolicy) => void;
  note: () => void;
  skip: () => void;
  hold: () => void;
  handOver: () => void;
  similar: () => void;
  cluster: () => void;
  escalate: () => void;
  mitigate: () => void;
  undo: () => void;
  same: () => void;
  go: () => void;
  move: (step: 1 | -1) => void;
  hideList: () => void;
  disarm: () => void;
};

/** Every act of the workbench by key. Keys that are held down repeat only where they move. */
export function useWorkKeys(acts: WorkActs, policies: readonly BarPolicy[]): void {
  const row = (group: string, act: string, label: string, run: () => void): Shortcut => ({
    act,
    label,
    group,
    run,
  });
  const decide = (act: string, label: string, run: () => void) => row('Decide', act, label, run);
  const aside = (act: string, label: string, run: () => void) => row('Set aside', act, label, run);
  useShortcuts([
    decide('review.harmful', 'Harmful, then a policy', () => acts.verdict('harmful')),
    decide('review.benign', 'Benign, and on', () => acts.verdict('benign')),
    decide('review.unsure', 'Unsure, and on', () => acts.verdict('unsure')),
    decide('review.note', 'Write a note; Enter ends it', acts.note),
    decide('review.undo', 'Undo the last thing you did', acts.undo),
    decide('review.same', 'The same for the rest of its cluster, after a look', acts.same),
    {
      keys: 'Escape',
      label: 'Take a verdict or policy back before it is sent',
      group: 'Decide',
      run: acts.disarm,
    },
    ...policies
      .slice(0, POLICY_KEYS)
      .flatMap((policy, index) => [
        row('Policies', `policy.${index + 1}`, policy.title, () => acts.pick(policy)),
        row('Policies', `policy.${index + 1}.harmful`, `Harmful: ${policy.title}, and on`, () =>
          acts.harmful(policy),
        ),
      ]),
    aside('review.skip', 'Skip, with a reason', acts.skip),
    aside('review.hold', 'Hold for a while', acts.hold),
    aside('review.handover', 'Hand over to a person', acts.handOver),
    aside('review.escalate', 'Escalate to an incident', acts.escalate),
    aside('review.mitigate', 'Draft a rule that stops it', acts.mitigate),
    aside('review.similar', 'Find similar, beside the item', acts.similar),
    aside('review.cluster', 'Open its cluster, in a new tab', acts.cluster),
    { ...row('List', 'list.down', 'Down the list', () => acts.move(1)), repeats: true },
    { ...row('List', 'list.up', 'Up the list', () => acts.move(-1)), repeats: true },
    row('List', 'list.open', 'Open what is marked, or go on', acts.go),
    row('List', 'list.hide', 'Show or hide the list', acts.hideList),
  ]);
}
