'use client';

import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { sendOutgoing } from './call.ts';
import { createOutbox, isUnsent, type Outbox, type OutboxState } from './outbox.ts';
import { memoryShelf, openShelf } from './outbox-shelf.ts';

const OutboxContext = createContext<Outbox | null>(null);
const opened = new Map<string, Outbox>();
const EMPTY: OutboxState = { outgoing: [], tally: { harmful: 0, benign: 0, unsure: 0 }, since: null };

function outboxOf(personId: string): Outbox {
  const network = { send: sendOutgoing, isOnline: () => navigator.onLine };
  if (typeof window === 'undefined') return createOutbox(memoryShelf(), network);
  const known = opened.get(personId) ?? createOutbox(openShelf(personId), network);
  opened.set(personId, known);
  return known;
}

/** One for each person and tab, on every page: what is on its way goes on wherever they are in Stopgap. */
export function OutboxProvider({ personId, children }: { personId: string; children: ReactNode }) {
  const outbox = useMemo(() => outboxOf(personId), [personId]);
  useEffect(() => {
    // The browser asks in its own words; what is only being sent goes on by itself.
    function onLeave(event: BeforeUnloadEvent) {
      if (outbox.read().outgoing.some(isUnsent)) event.preventDefault();
    }
    window.addEventListener('online', outbox.retry);
    window.addEventListener('beforeunload', onLeave);
    return () => {
      window.removeEventListener('online', outbox.retry);
      window.removeEventListener('beforeunload', onLeave);
    };
  }, [outbox]);
  return <OutboxContext value={outbox}>{children}</OutboxContext>;
}

export function useOutbox(): OutboxState & { outbox: Outbox } {
  const outbox = useContext(OutboxContext);
  if (!outbox) throw new Error('The outbox is only inside the console.');
  const state = useSyncExternalStore(outbox.subscribe, outbox.read, () => EMPTY);
  return { ...state, outbox };
}
