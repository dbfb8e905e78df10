'use client';

import type { Reviewer } from '#lib/users/queries';
import type { Act } from '../outbox.ts';
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
  /** `detail` is the name of whoever gets the item. */
  onAct: (act: Act, detail: string | null) => void;
  onClose: () => void;
};

/** The three ways to part with an item undecided: pass on it, keep it for later, give it to somebody. */
export function SetAside({ panel, lease, others, holdMaxMinutes, onAct, onClose }: SetAsideProps) {
  const { interactionId, token } = lease;
  return (
    <div className={classes.aside}>
      {panel === 'skip' && (
        <SkipPanel
          onClose={onClose}
          onSkip={(reason, note) =>
            onAct({ kind: 'skip', body: { interactionId, token, reason, note } }, null)
          }
        />
      )}
      {panel === 'hold' && (
        <HoldPanel
          most={holdMaxMinutes}
          onClose={onClose}
          onHold={(minutes, reason) =>
            onAct({ kind: 'hold', body: { interactionId, token, minutes, reason } }, null)
          }
        />
      )}
      {panel === 'handover' && (
        <HandoverPanel
          people={others}
          onClose={onClose}
          onGive={(to, note) =>
            onAct({ kind: 'handover', body: { interactionId, token, toUserId: to.id, note } }, to.name)
          }
        />
      )}
    </div>
  );
}
