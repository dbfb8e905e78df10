'use client';

import { Button } from '@mantine/core';
import { useNow } from '#components/relative-time';
import { Keys } from '#components/shell/shortcuts';
import type { Verdict } from '#lib/reviews/schema';
import { beginWith } from '../../bulk/begun.ts';
import { actWords, refusedWords } from '../act-words.ts';
import { firstRefused, isUnsent, lastToUndo, type Outgoing, type OutgoingAct } from '../outbox.ts';
import { useOutbox } from '../use-outbox.tsx';
import type { Work } from '../work.ts';
import classes from './workbench.module.css';

type BarLineProps = {
  outgoing: readonly Outgoing[];
  lost: { message: string; takeable: boolean } | null;
  armed: { verdict: Verdict; wants: 'policy' | 'note' } | null;
  said: string | null;
  /** Decided since one began, and how many there are with those that wait. */
  progress: { done: number; of: string };
  busy: boolean;
  onUndo: () => void;
  onSame: () => void;
  onDismiss: (id: string) => void;
  onGoOn: () => void;
};

/** How far one is, what just happened, what is asked for, and what did not work; always at the same place. */
export function BarLine(props: BarLineProps) {
  const { outgoing, lost, armed, said, progress, busy, onUndo, onSame, onDismiss, onGoOn } = props;
  const now = useNow() ?? 0;
  const refused = firstRefused(outgoing);
  const unsent = outgoing.filter(isUnsent);
  const last = lastToUndo(outgoing, now);
  const { outbox } = useOutbox();
  const rest = restOf(last, last && outbox.workOf(last.id));
  return (
    <div className={classes.line}>
      <span className={classes.progress}>
        {progress.done.toLocaleString('en')} of {progress.of}
      </span>
      <p className={classes.say} role="status" data-refused={refused || lost ? '' : undefined}>
        {lost
          ? lost.message
          : refused
            ? refusedWords(refused)
            : armed
              ? `${said ?? ''} ${ARMED[armed.wants](armed.verdict)}`.trim()
              : (said ?? (last ? `${actWords(last)}${othersOf(last, outbox.workOf(last.id))}` : ''))}
      </p>
      {unsent.length > 0 && (
        <span className={classes.unsent} role="status">
          {unsent.length === 1 ? '1 act is' : `${unsent.length} acts are`} not sent yet; kept in this browser
          and sent again. {unsent[0]?.message}
        </span>
      )}
      {lost && (
        <Button size="xs" onClick={onGoOn} rightSection={<Keys act="list.open" />}>
          {lost.takeable ? 'Take it here' : 'Go on'}
        </Button>
      )}
      {refused && !lost && (
        <Button size="xs" variant="default" onClick={() => onDismiss(refused.id)}>
          Leave it <Keys keys="Escape" />
        </Button>
      )}
      {rest && !lost && !armed && (
        <Button size="xs" variant="default" onClick={onSame} rightSection={<Keys act="review.same" />}>
          Same for {rest.count.toLocaleString('en')} more
        </Button>
      )}
      {last && !lost && (
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          onClick={onUndo}
          rightSection={<Keys act="review.undo" />}
        >
          {last.state === 'refused' ? 'Back to it' : `Undo${secondsLeft(last, now)}`}
        </Button>
      )}
    </div>
  );
}

const ARMED = {
  policy: (verdict: Verdict) => `${capital(verdict)}: which policy?`,
  note: (verdict: Verdict) => `${capital(verdict)}: say why in a note, then Enter.`,
};

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** What others said of the same cluster: only now, or it would have been said for one. */
function othersOf({ kind }: OutgoingAct, work: Work | null): string {
  const cluster = kind === 'decide' ? work?.item.cluster : null;
  const said = cluster?.decided ?? [];
  if (said.length === 0) return '';
  const tally = said.map(
    ({ verdict, policyTitle, count }) => `${count} ${verdict}${policyTitle ? ` · ${policyTitle}` : ''}`,
  );
  return `. In ${cluster?.ref} so far: ${tally.join(', ')}.`;
}

/** What else waited in the cluster of the item that was just decided, and where the same can be said of it. */
export function restOf(last: OutgoingAct | null, work: Work | null): { count: number; href: string } | null {
  const cluster = work?.item.cluster;
  if (last?.kind !== 'decide' || !cluster || cluster.pending < 2 || last.state === 'refused') return null;
  const { verdict, policyId = null } = last.body;
  return { count: cluster.pending - 1, href: beginWith(cluster.ref, { verdict, policyId }) };
}

function secondsLeft({ undoUntil }: OutgoingAct, now: number): string {
  return undoUntil === null || now === 0 ? '' : ` ${Math.max(0, Math.floor((undoUntil - now) / 1_000))} s`;
}
