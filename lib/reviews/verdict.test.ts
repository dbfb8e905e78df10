import { describe, expect, it } from 'vitest';
import { VERDICTS, type Verdict } from './schema.ts';
import { outcomeOf, type Word } from './verdict.ts';

const review = (verdict: Verdict, policyId: string | null = null): Word => ({
  kind: 'review',
  verdict,
  policyId,
});
const final = (verdict: Verdict, policyId: string | null = null): Word => ({
  kind: 'adjudication',
  verdict,
  policyId,
});

/** Every sequence of up to `length` verdicts. */
function sequences(length: number): Verdict[][] {
  if (length === 0) return [[]];
  const shorter = sequences(length - 1);
  const longest = shorter.filter((each) => each.length === length - 1);
  return [...shorter, ...longest.flatMap((each) => VERDICTS.map((verdict) => [...each, verdict]))];
}

describe('outcomeOf', () => {
  it('holds for every sequence of up to four reviews and every need up to four', () => {
    for (const verdicts of sequences(4)) {
      for (const needed of [1, 2, 3, 4]) {
        const words = verdicts.map((verdict) => review(verdict));
        const outcome = outcomeOf(words, needed);
        const differ = new Set(verdicts).size > 1;
        expect(outcome.done).toBe(verdicts.length);
        if (differ) expect(outcome).toMatchObject({ state: 'pending', stage: 'adjudication', verdict: null });
        else if (verdicts.length < needed)
          expect(outcome).toMatchObject({ state: 'pending', stage: 'review' });
        else expect(outcome).toMatchObject({ state: 'decided', verdict: verdicts[0] });
      }
    }
  });

  it('ends with a lead’s word, whatever the reviews were', () => {
    for (const verdicts of sequences(3)) {
      for (const verdict of VERDICTS) {
        const words = [...verdicts.map((each) => review(each)), final(verdict, 'p')];
        expect(outcomeOf(words, 2)).toEqual({
          state: 'decided',
          done: verdicts.length,
          verdict,
          policyId: 'p',
        });
      }
    }
  });

  it('never decides without a word, and waits where it waited', () => {
    for (const needed of [1, 2, 5]) {
      expect(outcomeOf([], needed)).toMatchObject({ state: 'pending', stage: 'review', done: 0 });
    }
    expect(outcomeOf([], 1, 'lead')).toMatchObject({ stage: 'lead' });
    expect(outcomeOf([review('benign')], 2, 'lead')).toMatchObject({ stage: 'lead', done: 1 });
    expect(outcomeOf([review('benign'), review('unsure')], 2, 'lead')).toMatchObject({
      stage: 'adjudication',
    });
  });

  it('cites the policy that most cite, of equally many the first', () => {
    const under = (...policies: (string | null)[]) =>
      outcomeOf(
        policies.map((policy) => review('harmful', policy)),
        policies.length,
      ).policyId;
    expect(under('a')).toBe('a');
    expect(under('a', 'b')).toBe('a');
    expect(under('a', 'b', 'b')).toBe('b');
    expect(under(null, null)).toBeNull();
  });
});
