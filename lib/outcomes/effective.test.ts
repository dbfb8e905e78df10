import { expect, it } from 'vitest';
import { effectiveOutcome, isShipped } from './effective.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 1, 12, minute));

it('takes the latest by when it happened, whatever the order of arrival, else what it came with', () => {
  const accepted = { outcome: 'accepted', occurredAt: at(1) } as const;
  const reverted = { outcome: 'reverted', occurredAt: at(9) } as const;
  expect(effectiveOutcome(null, [])).toBeNull();
  expect(effectiveOutcome('shown', [])).toBe('shown');
  expect(effectiveOutcome('shown', [accepted])).toBe('accepted');
  expect(effectiveOutcome('shown', [reverted, accepted])).toBe('reverted');
  expect(effectiveOutcome('rejected', [accepted])).toBe('accepted');
  expect(effectiveOutcome(null, [{ ...reverted, occurredAt: at(1) }, accepted])).toBe('reverted');
});

it('separates shown from shipped', () => {
  expect(([null, 'shown', 'accepted', 'edited', 'rejected', 'reverted'] as const).map(isShipped)).toEqual([
    false,
    false,
    true,
    true,
    false,
    false,
  ]);
});
