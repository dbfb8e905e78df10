import { expect, test } from 'vitest';
import { allows, isMitigationState, MITIGATION_ACTS, MITIGATION_STATES } from './states.ts';

test('the whole table: every act from every state', () => {
  const allowed = MITIGATION_STATES.map((state) => [
    state,
    MITIGATION_ACTS.filter((act) => allows(act, state)),
  ]);
  expect(Object.fromEntries(allowed)).toEqual({
    draft: ['edit', 'approve', 'publish', 'breakGlass', 'withdraw'],
    approved: ['edit', 'approve', 'publish', 'withdraw'],
    live: ['ratify', 'advance', 'hold', 'resume', 'withdraw', 'expire'],
    withdrawn: ['restore'],
    expired: ['restore'],
  });
  expect(isMitigationState('live')).toBe(true);
  expect(isMitigationState('toString')).toBe(false);
});
