import { describe, expect, it } from 'vitest';
import { dueAt, worstFinding } from './priority.ts';

describe('dueAt', () => {
  it('gives critical 15 minutes, high 4 hours, medium a day and low three', () => {
    const at = new Date('2026-11-01T00:00:00Z');
    const due = (['critical', 'high', 'medium', 'low'] as const).map((severity) =>
      dueAt(at, severity).toISOString(),
    );
    expect(due).toEqual([
      '2026-11-01T00:15:00.000Z',
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T00:00:00.000Z',
      '2026-11-04T00:00:00.000Z',
    ]);
  });
});

describe('worstFinding', () => {
  it('is the first of the most severe, and undefined without findings', () => {
    const findings = [
      { severity: 'low', id: 1 },
      { severity: 'high', id: 2 },
      { severity: 'high', id: 3 },
      { severity: 'medium', id: 4 },
    ] as const;
    expect(worstFinding(findings)?.id).toBe(2);
    expect(worstFinding([])).toBeUndefined();
  });
});
