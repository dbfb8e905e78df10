'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { attempt } from '#components/attempt';
import { claimAction, stayAction } from '../actions.ts';
import { takeOver } from '../handover.ts';
import type { HeldClaim } from '../work.ts';

export type ClaimState =
  | { kind: 'claiming' }
  /** `deadline` is on this browser's own clock, milliseconds. */
  | { kind: 'held'; claim: HeldClaim; deadline: number; heldSince: number }
  | { kind: 'refused'; message: string };

/**
 * The life of a claim in one workbench: made after the first paint, kept while somebody is there, given back when
 * the page is left. Only acts of a person extend it, so an abandoned tab frees its item.
 */
export function useClaim(firstId: string) {
  const [state, setState] = useState<ClaimState>({ kind: 'claiming' });
  const held = useRef<HeldClaim | null>(null);
  const gone = useRef(false);

  const adopt = useCallback((claim: HeldClaim) => {
    if (gone.current) return giveBack(claim);
    held.current = claim;
    const now = Date.now();
    setState({ kind: 'held', claim, deadline: now + claim.seconds * 1_000, heldSince: now });
  }, []);

  const refuse = useCallback((message: string) => {
    held.current = null;
    setState({ kind: 'refused', message });
  }, []);

  const claim = useCallback(
    async (interactionId: string) => {
      const given = takeOver(interactionId);
      if (given) return adopt(given);
      const answer = await attempt(claimAction({ interactionId }));
      if (answer.ok) adopt(answer.data);
      else if (!gone.current) refuse(answer.message);
    },
    [adopt, refuse],
  );

  useEffect(() => {
    gone.current = false;
    // Not at once: a development double mount would claim twice.
    const timer = setTimeout(() => claim(firstId), 0);
    function leave() {
      if (held.current) giveBack(held.current);
      held.current = null;
    }
    function comeBack(event: PageTransitionEvent) {
      if (event.persisted) window.location.reload();
    }
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', comeBack);
    return () => {
      gone.current = true;
      clearTimeout(timer);
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', comeBack);
      leave();
    };
  }, [firstId, claim]);

  useStayWhileActive(state, setState, refuse);
  return { state, adopt, refuse, forget: useCallback(() => (held.current = null), []) };
}

const ACTS = ['pointermove', 'keydown', 'wheel', 'touchmove'] as const;

/** Extends the claim when somebody moves, types or scrolls, at most five times per lease. */
function useStayWhileActive(
  state: ClaimState,
  setState: (change: (before: ClaimState) => ClaimState) => void,
  refuse: (message: string) => void,
) {
  const token = state.kind === 'held' ? state.claim.token : null;
  const claim = state.kind === 'held' ? state.claim : null;
  useEffect(() => {
    if (!claim || !token) return;
    const every = (claim.seconds * 1_000) / 5;
    let last = Date.now();
    async function onAct() {
      if (!claim || Date.now() - last < every) return;
      last = Date.now();
      const { interactionId } = claim;
      const answer = await attempt(stayAction({ interactionId, token }));
      if (answer.ok) {
        const deadline = Date.now() + answer.data * 1_000;
        setState((now) => (now.kind === 'held' && now.claim.token === token ? { ...now, deadline } : now));
      } else if (answer.code === 'conflict') refuse(answer.message);
    }
    for (const act of ACTS) document.addEventListener(act, onAct, { passive: true });
    return () => {
      for (const act of ACTS) document.removeEventListener(act, onAct);
    };
  }, [claim, token, setState, refuse]);
}

function giveBack({ interactionId, token }: HeldClaim): void {
  const body = new Blob([JSON.stringify({ interactionId, token })], { type: 'application/json' });
  navigator.sendBeacon('/api/queue/release', body);
}
