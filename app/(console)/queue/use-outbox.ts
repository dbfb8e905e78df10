'use client';

import { useSyncExternalStore } from 'react';
import { sendDecision } from './call.ts';
import { createOutbox, isUnsent, type OutboxState } from './outbox.ts';

/** One for the tab, so that decisions on their way survive going to another page of Stopgap. */
export const outbox = createOutbox(sendDecision);

if (typeof window !== 'undefined') {
  window.addEventListener('online', outbox.retry);
  window.addEventListener('beforeunload', (event) => {
    // The browser asks in its own words; what is only being sent goes on by itself.
    if (outbox.read().outgoing.some(isUnsent)) event.preventDefault();
  });
}

export function useOutbox(): OutboxState {
  return useSyncExternalStore(outbox.subscribe, outbox.read, outbox.read);
}
