'use client';

import { useCallback, useEffect, useReducer, useRef } from 'react';
import { attempt } from '#components/attempt';
import type { QueueFilters } from '#lib/reviews/schema';
import { claimAction, stayAction } from '../actions.ts';
import { claimNext } from '../claim-next.ts';
import { giveBack, park, takeOver } from '../handover.ts';
import { keepOpen, openItems } from '../open-items.ts';
import type { Outbox } from '../outbox.ts';
import type { HeldClaim, ShownItem } from '../work.ts';
import { begin, claimsOf, follow, type Session, wantsClaim, wantsNext, wantsTelling } from './session.ts';

const ELSEWHERE = 'You have this item open in another tab. Go on there, or take it here.';

/** A workbench that React mounts anew takes its claims over within this time. */
const REMOUNT_MS = 1_500;

/** The claims of one workbench: taken, kept while somebody is there, one ahead, and given back on leaving. */
export function useSession(first: ShownItem, filters: QueueFilters, outbox: Outbox) {
  const [session, dispatch] = useReducer(follow, first, begin);
  const now = useRef(session);
  /** After a pause was passed, so many more claims are made without asking again. */
  const pastBreak = useRef(0);
  useEffect(() => {
    now.current = session;
    keepOpen(claimsOf(session).map(({ interactionId }) => interactionId));
  }, [session]);

  const claim = useCallback(async (interactionId: string) => {
    const answer = await attempt(claimAction({ interactionId }));
    if (answer.ok) dispatch({ type: 'claimed', work: answer.data, now: Date.now() });
    else dispatch({ type: 'refused', id: interactionId, message: answer.message });
  }, []);

  useEffect(() => {
    // Not at once: a development double mount would claim twice.
    const timer = setTimeout(async () => {
      const given = takeOver(first.id);
      if (given) dispatch({ type: 'claimed', work: given, now: Date.now() });
      else if ((await openItems())?.includes(first.id)) {
        dispatch({ type: 'refused', id: first.id, message: ELSEWHERE, takeable: true });
      } else await claim(first.id);
    }, 0);
    function leave() {
      for (const each of claimsOf(now.current)) giveBack(each);
    }
    function comeBack(event: PageTransitionEvent) {
      if (event.persisted) window.location.reload();
    }
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', comeBack);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', comeBack);
      parkAll(now.current);
      keepOpen([]);
    };
  }, [first.id, claim]);

  const unclaimed = wantsClaim(session);
  useEffect(() => {
    // The first one is claimed above, after the other tabs were asked.
    if (unclaimed && unclaimed !== first.id) claim(unclaimed);
  }, [unclaimed, first.id, claim]);

  const wanted = wantsNext(session);
  useEffect(() => {
    if (!wanted) return;
    const ahead = now.current.current.kind === 'item';
    dispatch({ type: 'fetching', ahead });
    const isPast = pastBreak.current > 0;
    if (isPast) pastBreak.current -= 1;
    claimNext({ filters, pastBreak: isPast }, ahead, outbox).then((answer) => {
      if (answer.kind === 'ok') dispatch({ type: 'arrived', answer: answer.data, now: Date.now() });
      else dispatch({ type: 'fetch failed', message: answer.message, now: Date.now() });
    });
  }, [wanted, filters, outbox]);

  useEffect(() => {
    if (session.giveBack.length === 0) return;
    for (const each of session.giveBack) giveBack(each);
    dispatch({ type: 'given back', tokens: session.giveBack.map(({ token }) => token) });
  }, [session.giveBack]);

  const stay = useCallback(async ({ interactionId, token }: HeldClaim, shown = false) => {
    const answer = await attempt(stayAction({ interactionId, token, shown }));
    if (answer.ok) dispatch({ type: 'stayed', token, deadline: Date.now() + answer.data * 1_000 });
    else if (answer.code === 'conflict') dispatch({ type: 'lost', token, message: answer.message });
  }, []);
  const untold = wantsTelling(session);
  useEffect(() => {
    if (!untold) return;
    dispatch({ type: 'told', token: untold.token });
    stay(untold, true);
  }, [untold, stay]);
  useStayWhileActive(session, stay, outbox);
  const goPast = useCallback((claims: number) => {
    pastBreak.current = claims;
    dispatch({ type: 'look again' });
  }, []);
  return { session, dispatch, claim, stay, goPast };
}

const ACTS = ['pointermove', 'keydown', 'wheel', 'touchmove'] as const;

/** Extends the claims when somebody moves, types or scrolls, at most five times per lease. */
function useStayWhileActive(session: Session, stay: (claim: HeldClaim) => void, outbox: Outbox) {
  const claims = claimsOf(session);
  const held = useRef(claims);
  useEffect(() => {
    held.current = claims;
  });
  const shortest = Math.min(...claims.map(({ seconds }) => seconds), 300);
  useEffect(() => {
    let last = Date.now();
    function onAct() {
      if (Date.now() - last < (shortest * 1_000) / 5) return;
      last = Date.now();
      // Of what is still on its way the server decides in its turn.
      const busy = outbox.busyItems();
      for (const each of held.current) if (!busy.includes(each.interactionId)) stay(each);
    }
    for (const act of ACTS) document.addEventListener(act, onAct, { passive: true });
    return () => {
      for (const act of ACTS) document.removeEventListener(act, onAct);
    };
  }, [shortest, stay, outbox]);
}

function parkAll({ current, next }: Session): void {
  if (current.kind === 'item' && current.claim)
    park({ claim: current.claim, item: current.item }, REMOUNT_MS);
  if (next.kind === 'ready') giveBack(next.slot.claim);
}
