'use client';

import { notifications } from '@mantine/notifications';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { attempt } from '#components/attempt';
import { Visible } from '#components/diff/visible';
import { PageHeader } from '#components/shell/page-header';
import { useShortcuts } from '#components/shell/shortcuts';
import type { FullInteraction } from '#lib/interactions/queries';
import type { CurrentPolicy } from '#lib/policies/queries';
import type { QueueFilters, Verdict } from '#lib/reviews/schema';
import layout from '../../interactions/interaction.module.css';
import { InteractionBody } from '../../interactions/interaction-body.tsx';
import { InteractionFacts } from '../../interactions/interaction-facts.tsx';
import { decideAction, skipAction } from '../actions.ts';
import { queryOf, readSkipped, rememberSkipped } from '../skipped.ts';
import type { WorkItem } from '../work.ts';
import { DecisionBar } from './decision-bar.tsx';
import { LeaseClock } from './lease-clock.tsx';
import { useClaim } from './use-claim.ts';
import classes from './workbench.module.css';

type WorkbenchProps = { first: FullInteraction; policies: CurrentPolicy[]; filters: QueueFilters };

// At the top: the bar at the bottom is being used.
function say(words: { message: string; title?: string; color?: string }) {
  notifications.show({ ...words, position: 'top-center', autoClose: 5_000 });
}

/** One item at a time: read, decide by key, and the next is already there. */
export function Workbench({ first, policies, filters }: WorkbenchProps) {
  const router = useRouter();
  const [interaction, setInteraction] = useState(first);
  const { state, adopt, refuse, forget } = useClaim(first.id);
  const [armed, setArmed] = useState(false);
  const [policyId, setPolicyId] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const note = useRef<HTMLInputElement>(null);
  // A second key press in the same moment must not decide the item that is only just arriving.
  const busy = useRef(false);

  function show(next: WorkItem | null | 'failed') {
    if (next === null || next === 'failed') {
      const message =
        next === null
          ? 'Nothing else is free in the queue right now.'
          : 'The next item did not come; start again.';
      say({ message });
      router.push(`/queue${queryOf(filters)}`);
      return;
    }
    adopt(next.claim);
    setInteraction(next.interaction);
    setArmed(false);
    setPolicyId(null);
    if (note.current) note.current.value = '';
    window.history.replaceState(null, '', `/queue/${next.interaction.id}${queryOf(filters)}`);
    window.scrollTo({ top: 0 });
  }

  async function exclusively(work: () => Promise<void>) {
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    try {
      await work();
    } finally {
      busy.current = false;
      setSending(false);
    }
  }

  function decide(verdict: Verdict, policy: CurrentPolicy | undefined) {
    if (state.kind !== 'held' || state.claim.interactionId !== interaction.id) return;
    const { claim, heldSince } = state;
    return exclusively(async () => {
      const decision = {
        interactionId: claim.interactionId,
        token: claim.token,
        verdict,
        policyId: policy?.id ?? null,
        note: note.current?.value.trim() || null,
        timeSpentMs: Math.min(86_400_000, Date.now() - heldSince),
      };
      const answer = await attempt(decideAction({ decision, next: { filters, skip: readSkipped() } }));
      if (answer.ok) {
        forget();
        say({
          message: `Decided ${answer.data.verdict}${policy ? ` · ${policy.title}` : ''}: ${interaction.title.slice(0, 80)}`,
        });
        show(answer.data.next);
      } else if (answer.code === 'conflict' || answer.code === 'not_found') refuse(answer.message);
      else {
        const title = answer.code === 'unavailable' ? 'No answer' : 'Not decided';
        say({ color: 'red', title, message: answer.message });
      }
    });
  }

  function goOn() {
    return exclusively(async () => {
      const lease =
        state.kind === 'held' ? { interactionId: state.claim.interactionId, token: state.claim.token } : null;
      const skip = rememberSkipped(interaction.id);
      const answer = await attempt(skipAction({ lease, next: { filters, skip } }));
      if (!answer.ok) say({ color: 'red', message: answer.message });
      else {
        forget();
        show(answer.data);
      }
    });
  }

  const chosen = policies.find(({ id }) => id === policyId);
  // Harmful and a policy decide together, in whichever order they come.
  function harmful() {
    if (chosen) return decide('harmful', chosen);
    setArmed((before) => !before);
  }
  function pick(policy: CurrentPolicy) {
    if (armed) return decide('harmful', policy);
    setPolicyId((before) => (before === policy.id ? null : policy.id));
  }
  // The note belongs to a decision; leaving would drop what was typed.
  function escalate() {
    if (note.current?.value.trim()) {
      say({ message: 'Decide, or clear the note first.' });
      note.current.focus();
      return;
    }
    router.push(`/incidents/new?interactions=${interaction.id}`);
  }
  const acts = {
    harmful,
    benign: () => decide('benign', chosen),
    unsure: () => decide('unsure', chosen),
    pick,
    skip: goOn,
    escalate,
  };

  useShortcuts([
    { keys: 'h', label: 'Harmful, then a policy', run: acts.harmful },
    { keys: 'b', label: 'Benign', run: acts.benign },
    { keys: 'u', label: 'Unsure', run: acts.unsure },
    ...policies.slice(0, 9).map((policy, index) => ({
      keys: String(index + 1),
      label: `Policy ${policy.title}`,
      run: () => pick(policy),
    })),
    { keys: 'n', label: 'Write a note', run: () => note.current?.focus() },
    { keys: 's', label: 'Skip to the next item', run: acts.skip },
    { keys: 'e', label: 'Escalate to an incident', run: acts.escalate },
    { keys: 'Escape', label: 'Take the verdict back', run: () => setArmed(false) },
    ...(state.kind === 'refused' ? [{ keys: 'Enter', label: 'Go on', run: acts.skip }] : []),
  ]);

  return (
    <div className={classes.page}>
      <PageHeader title={<Visible text={interaction.title} />} actions={<LeaseClock state={state} />} />
      <div className={`${layout.columns} ${classes.columns}`} aria-busy={sending}>
        <InteractionBody key={interaction.id} interaction={interaction} />
        <InteractionFacts interaction={interaction} />
      </div>
      <DecisionBar
        policies={policies}
        armed={armed}
        policyId={policyId}
        refusal={state.kind === 'refused' ? state.message : null}
        ready={state.kind === 'held' && !sending}
        note={note}
        acts={acts}
      />
    </div>
  );
}
