import { describe, expect, it } from 'vitest';
import { SEVERITIES, type Severity } from '#lib/interactions/schema';
import { bandOf, DUE_AFTER_MS, dueAt, type SpreadStats, spreadOf, whyOf, worstFinding } from './priority.ts';

const ALONE: SpreadStats = { size: 1, actors: 1, tenants: 1, rated: 0, accepted: 0, lastHour: 1 };
const WAVE: SpreadStats = { size: 46, actors: 38, tenants: 5, rated: 18, accepted: 11, lastHour: 12 };

/** The same numbers in every run, spread over six orders of magnitude. */
function* stats(count: number): Generator<SpreadStats> {
  let seed = 1;
  const draw = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return Math.floor(most ** (seed / 2_147_483_647));
  };
  for (let index = 0; index < count; index += 1) {
    const size = draw(1_000_000);
    const rated = Math.min(size, draw(1_000_000));
    yield {
      size,
      actors: Math.min(size, draw(100_000)),
      tenants: Math.min(size, draw(1_000)),
      rated,
      accepted: Math.min(rated, draw(1_000_000)),
      lastHour: Math.min(size, draw(100_000)),
    };
  }
}

describe('dueAt', () => {
  it('gives critical 15 minutes, high 4 hours, medium a day and low three', () => {
    const at = new Date('2026-11-01T00:00:00Z');
    const due = SEVERITIES.toReversed().map((severity) => dueAt(at, severity).toISOString());
    expect(due).toEqual([
      '2026-11-01T00:15:00.000Z',
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T00:00:00.000Z',
      '2026-11-04T00:00:00.000Z',
    ]);
  });

  it('is after arrival and never later than for one alone, however far it spread: nothing starves', () => {
    const at = new Date('2026-11-01T00:00:00Z');
    for (const each of stats(2_000)) {
      for (const severity of SEVERITIES) {
        const due = dueAt(at, severity, spreadOf(each)).getTime();
        expect(due).toBeGreaterThan(at.getTime());
        expect(due).toBeLessThanOrEqual(at.getTime() + DUE_AFTER_MS[severity]);
      }
    }
  });

  it('lets nothing that arrives after an item is due come before it', () => {
    const at = new Date('2026-11-01T00:00:00Z');
    const low = dueAt(at, 'low');
    for (const each of stats(500)) {
      expect(dueAt(low, 'critical', spreadOf(each)).getTime()).toBeGreaterThan(low.getTime());
    }
  });

  it('is sooner for what is worse, at the same spread', () => {
    const at = new Date(0);
    for (const each of stats(200)) {
      const due = SEVERITIES.map((severity) => dueAt(at, severity, spreadOf(each)).getTime());
      expect(due).toEqual(due.toSorted((a, b) => b - a));
    }
  });
});

describe('spreadOf', () => {
  it('is 1 for one alone, and more for a wave', () => {
    expect(spreadOf(ALONE)).toBe(1);
    expect(spreadOf({ size: 0, actors: 0, tenants: 0, rated: 0, accepted: 0, lastHour: 0 })).toBe(1);
    expect(spreadOf(WAVE)).toBeGreaterThan(6);
    expect(spreadOf(WAVE)).toBeLessThan(8);
  });

  it('is finite, at least 1, and grows with each of its parts', () => {
    for (const each of stats(2_000)) {
      const spread = spreadOf(each);
      expect(Number.isFinite(spread) && spread >= 1).toBe(true);
      for (const part of ['size', 'actors', 'tenants', 'lastHour'] as const) {
        expect(spreadOf({ ...each, [part]: each[part] + 1 })).toBeGreaterThanOrEqual(spread);
      }
      const kept = { ...each, rated: each.rated + 1, accepted: each.accepted + 1 };
      expect(spreadOf(kept)).toBeGreaterThanOrEqual(spread);
    }
  });
});

describe('bandOf', () => {
  it('names how soon a decision is due after arrival', () => {
    const bands = (spread: number) => SEVERITIES.map((severity) => bandOf(severity, spread));
    expect(bands(1)).toEqual(['later', 'today', 'soon', 'now']);
    expect(bands(3)).toEqual(['today', 'today', 'soon', 'now']);
    expect(bands(16)).toEqual(['today', 'soon', 'now', 'now']);
    expect(bandOf('low' as Severity, 0)).toBe('later');
  });
});

describe('whyOf', () => {
  it('says in one line what the spread is made of', () => {
    expect(whyOf(WAVE)).toBe('46 like it, 38 actors, 5 tenants, accepted 61 %, +12 last hour');
    expect(whyOf({ ...WAVE, actors: 1, tenants: 1, rated: 0, lastHour: 0, size: 1_204 })).toBe(
      '1,204 like it',
    );
    expect(whyOf(ALONE)).toBe('nothing like it so far');
    expect(whyOf(null)).toBe('nothing like it so far');
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
