/** What an instance can be shown as: lib/fleet/instance-state.ts decides. */
export const SHOWN_STATES = ['active', 'adopting', 'lagging', 'ahead', 'failed', 'stale', 'gone'] as const;
export type ShownState = (typeof SHOWN_STATES)[number];
