import { describe, expect, test } from 'vitest';
import { type CachedRule, RuleCache } from './engine.ts';
import type { Rule } from './rule.ts';
import { judgePieces } from './testing/chunks.ts';
import { makeRule, ruleFor } from './testing/rules.ts';

/** Rules of one kind throw whenever they are run singly. */
class FaultyCache extends RuleCache {
  override compile(rule: Rule): CachedRule {
    const entry = super.compile(rule);
    if (rule.matcher.kind !== 'imports') return entry;
    return {
      ...entry,
      find: () => {
        throw new Error('out of luck');
      },
    };
  }
}

const failing = (onError: Rule['fail']['onError'], overrides: Partial<Rule> = {}) =>
  ruleFor({ kind: 'imports', packages: ['evil'] }, 'import evil', {
    action: 'block',
    fail: { onError, onStale: 'open' },
    ...overrides,
  });
const redact = makeRule({ action: 'redact' });
const pieces = ['one evil(', ' two\n', 'three evil( four'];
const clean = `one [removed by ${redact.ref}] two\nthree [removed by ${redact.ref}] four`;

describe('a rule that fails in the middle of an answer', () => {
  const run = (rule: Rule) => judgePieces([rule, redact], pieces, { cache: new FaultyCache() });

  test('open: the others go on, and what it has not seen is counted', () => {
    const rule = failing('open');
    const { text, decision, judge, errors } = run(rule);
    expect(text).toBe(clean);
    expect(decision.rules.map(({ id }) => id)).toEqual([redact.id]);
    expect(errors).toEqual([`${rule.ref}: out of luck`]);
    // All but the marks and what had gone out before the line ended.
    expect(judge.counters.unscanned).toBeGreaterThan(0);
    expect(judge.counters.unscanned).toBeLessThanOrEqual(judge.counters.released);
  });

  test('closed: the answer ends', () => {
    const rule = failing('closed');
    const { text, decision, judge } = run(rule);
    expect(decision).toMatchObject({ verdict: 'block', rules: [{ id: rule.id, action: 'block' }, {}] });
    expect(clean.startsWith(text)).toBe(true);
    expect(judge.counters.unscanned).toBe(0);
  });

  test('review: the answer goes on, and into the queue', () => {
    const rule = failing('require_review');
    const { text, decision } = run(rule);
    expect(text).toBe(clean);
    expect(decision.rules).toMatchObject([{ id: rule.id, action: 'require_review' }, { id: redact.id }]);
  });

  test('closed in shadow changes nothing', () => {
    const { text, decision, judge } = run(failing('closed', { mode: 'shadow' }));
    expect([text, decision.verdict, judge.counters.unscanned]).toEqual([clean, 'redact', 0]);
  });
});

describe('a fault of the judge itself', () => {
  const run = (rules: Rule[]) => {
    let asked = 0;
    return judgePieces(rules, ['one ev', 'il( two ev', 'il( three', ' four'], {
      onAsk: () => {
        if (++asked === 2) throw new Error('broken');
      },
    });
  };

  test('open: nothing of the answer is lost, nothing that is not judged goes uncounted', () => {
    const { text, decision, judge, errors } = run([redact]);
    expect(text).toBe('one evil( two evil( three four');
    expect([decision.verdict, judge.counters.released]).toEqual(['allow', text.length]);
    expect(judge.counters.unscanned).toBe(text.length - 'on'.length);
    expect(errors).toEqual(['broken']);
  });

  test('closed: the answer ends', () => {
    const closed = makeRule({ fail: { onError: 'closed', onStale: 'open' } });
    const { text, decision } = run([redact, closed]);
    expect([text, decision.verdict]).toEqual(['on', 'block']);
  });

  test('review: it goes into the queue', () => {
    const review = makeRule({ action: 'flag', fail: { onError: 'require_review', onStale: 'open' } });
    const { text, decision } = run([redact, review]);
    expect([text, decision.verdict]).toEqual(['one evil( two evil( three four', 'require_review']);
  });
});
