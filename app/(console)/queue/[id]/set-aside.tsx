'use client';

import { useState } from 'react';
import { attempt } from '#components/attempt';
import type { ActionResult } from '#lib/action';
import type { SkipReason } from '#lib/reviews/schema';
import type { Reviewer } from '#lib/users/queries';
import { handOverAction, holdAction, skipAction } from '../actions.ts';
import type { HeldClaim } from '../work.ts';
import { HandoverPanel } from './handover-panel.tsx';
import { HoldPanel } from './hold-panel.tsx';
import { SkipPanel } from './skip-panel.tsx';
import classes from './workbench.module.css';

type SetAsideProps = {
  panel: 'skip' | 'hold' | 'handover';
  lease: HeldClaim;
  others: Reviewer[];
  holdMaxMinutes: number;
  /** Says what became of the item, which is no longer on the screen then. */
  onDone: (words: string) => void;
  onClose: () => void;
};

/** The three ways to part with an item undecided: pass on it, keep it for later, give it to somebody. */
export function SetAside({ panel, lease, others, holdMaxMinutes, onDone, onClose }: SetAsideProps) {
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { interactionId, token } = lease;

  async function send<T>(call: () => Promise<ActionResult<T>>, words: (data: T) => string) {
    if (busy) return;
    setBusy(true);
    const answer = await attempt(call());
    setBusy(false);
    if (answer.ok) onDone(words(answer.data));
    else setRefused(answer.message);
  }

  return (
    <div className={classes.aside}>
      {panel === 'skip' && (
        <SkipPanel
          onClose={onClose}
          onSkip={(reason: SkipReason, note) =>
            send(
              () => skipAction({ interactionId, token, reason, note }),
              ({ raised }) => (raised ? 'Skipped, and raised to a lead.' : 'Skipped: hidden for you only.'),
            )
          }
        />
      )}
      {panel === 'hold' && (
        <HoldPanel
          most={holdMaxMinutes}
          onClose={onClose}
          onHold={(minutes, reason) =>
            send(
              () => holdAction({ interactionId, token, minutes, reason }),
              () => `Held for ${minutes} minutes; find it under "held by me".`,
            )
          }
        />
      )}
      {panel === 'handover' && (
        <HandoverPanel
          people={others}
          onClose={onClose}
          onGive={(to, note) =>
            send(
              () => handOverAction({ interactionId, token, toUserId: to.id, note }),
              () => `Handed to ${to.name}.`,
            )
          }
        />
      )}
      {refused && (
        <p className={classes.asideRefused} role="alert">
          {refused}
        </p>
      )}
    </div>
  );
}
