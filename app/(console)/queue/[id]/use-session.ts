'use client';

import { useCallback, useEffect, useReducer, useRef } from 'react';
import { attempt } from '#components/attempt';
import type { QueueFilters } from '#lib/reviews/schema';
import { claimAction, stayAction } from '../actions.ts';
import { call } from '../call.ts';
import { giveBack, park, takeOver } from '../handover.ts';
import type { Outbox } from '../outbox.ts';
import type { HeldClaim, NextWork, ShownItem } from '../work.ts';
import { openTabChannel } from './other-tabs.ts';
import { begin, claimsOf, follow, type Session, wantsClaim, wantsNext } from './session.ts';

const ELSEWHERE = 'You have this item open in another tab. Go on there, or take it here.';

/** A workbench that React mounts anew takes its claims over within this time. */
const REMOUNT_MS = 1_500;

/** The claims of one workbench: taken, kept while somebody is there, one ahead, and given back on leaving. */
export function useSession(first: ShownItem, filters: QueueFilters, outbox: Outbox) {
  const [session, dispatch] = useReducer(follow, first, begin);
  const now = useRef(session);
  const channel = useRef<ReturnType<typeof openTabChannel> | null>(null);
  /** After a pause was passed, so many more claims are made without asking again. */
  const pastBreak = useRef(0);
  useEffect(() => {
    now.current = session;
  }, [session]);

  const claim = useCallback(async (interactionId: string) => {
    const answer = await attempt(claimAction({ interactionId }));
    if (answer.ok) dispatch({ type: 'claimed', work: answer.data, now: Date.now() });
    else dispatch({ type: 'refused', id: interactionId, message: answer.message });
  }, []);

  useEffect(() => {
    const holds = (id: string) => claimsOf(now.current).some(({ interactionId }) => interactionId === id);
    channel.current = openTabChannel(holds);
    // Not at once: a development double mount would claim twice.
    const timer = setTimeout(async () => {
      const given = takeOver(first.id);
      if (given) dispatch({ type: 'claimed', work: given, now: Date.now() });
      else if (await channel.current?.askOthers(first.id)) {
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
      channel.current?.close();
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', comeBack);
      parkAll(now.current);
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
    dispatch({ type: 'fetching' });
    const isPast = pastBreak.current > 0;
    if (isPast) pastBreak.current -= 1;
    call<NextWork>('/api/queue/next', { filters, pastBreak: isPast }).then((answer) => {
      if (answer.kind === 'ok') dispatch({ type: 'arrived', answer: answer.data, now: Date.now() });
      else dispatch({ type: 'fetch failed', message: answer.message, now: Date.now() });
    });
  }, [wanted, filters]);

  useEffect(() => {
    if (session.giveBack.length === 0) return;
    for (const each of session.giveBack) giveBack(each);
    dispatch({ type: 'given back', tokens: session.giveBack.map(({ token }) => token) });
  }, [session.giveBack]);

  const stay = useCallback(async ({ interactionId, token }: HeldClaim) => {
    const answer = await attempt(stayAction({ interactionId, token }));
    if (answer.ok) dispatch({ type: 'stayed', token, deadline: Date.now() + answer.data * 1_000 });
    else if (answer.code === 'conflict') dispatch({ type: 'lost', token, message: answer.message });
  }, []);
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
      for (const each of held.current) if (!outbox.isBusy(each.interactionId)) stay(each);
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
