import type { QueueFilters } from '#lib/reviews/schema';
import { call } from './call.ts';
import { openItems } from './open-items.ts';
import type { Outbox } from './outbox.ts';
import type { NextWork } from './work.ts';

/**
 * Claims what is due next: `ahead`, while an item is read, or for somebody who has none, and then first what a killed
 * tab has left. What is still on its way was left by nobody.
 */
export async function claimNext(
  asked: { filters: QueueFilters; pastBreak: boolean },
  ahead: boolean,
  outbox: Outbox,
) {
  const shown = ahead ? null : await openItems();
  const open = shown && [...shown, ...outbox.busyItems()];
  return call<NextWork>('/api/queue/next', { ...asked, ...(ahead && { ahead }), ...(open && { open }) });
}
