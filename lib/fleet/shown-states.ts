/** What an instance can be shown as: lib/fleet/instance-state.ts decides. The worst first. */
export const SHOWN_STATES = [
  'ahead',
  'failed',
  'lagging',
  'gone',
  'stale',
  'adopting',
  'active',
  'closed',
  'retired',
] as const;
export type ShownState = (typeof SHOWN_STATES)[number];
