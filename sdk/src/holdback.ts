import type { Hit } from './decision.ts';
import { maxMatchLength } from './pattern.ts';
import { LIMITS, type Rule } from './rule.ts';

/**
 * How much of an answer that is still being written a rule has to see before it can say that nothing of it will be
 * hit. All lengths are UTF-16 code units.
 */
export type Need =
  /** Nothing: it hits every answer, at its first character. */
  | { kind: 'start' }
  /** A match is at most `length` long; `capped` where the pattern has no end and its lookback stands for one. */
  | { kind: 'length'; length: number; capped: boolean }
  /** The statement or command that is being written. */
  | { kind: 'statement' }
  /** That, and a name that may be in the middle of being written. */
  | { kind: 'mention' }
  /** As much as its longest phrase, with whatever invisible characters are strewn into it. */
  | { kind: 'phrase' }
  /** The whole answer. */
  | { kind: 'whole'; why: string };

/** The longest answer a rule that needs all of it will wait for; a longer one falls under its `fail.onError`. */
export const WHOLE_LIMIT = 200_000;

/** The longest that one match which has reached the end of the text is waited for; from there to the end counts as hit. */
export const OPEN_LIMIT = LIMITS.lookbackMax;

/** What `rule` needs. Pure; the same for every stream. */
export function needOf(rule: Pick<Rule, 'matcher' | 'when'>): Need {
  const { matcher } = rule;
  if (rule.when?.includes('completion_length')) {
    return { kind: 'whole', why: 'its condition asks how long the answer is' };
  }
  switch (matcher.kind) {
    case 'any':
      return { kind: 'start' };
    case 'literal':
      return { kind: 'length', length: matcher.text.length, capped: false };
    case 're2': {
      const length = maxMatchLength(matcher);
      if (length !== null && length <= LIMITS.lookbackMax) return { kind: 'length', length, capped: false };
      return { kind: 'length', length: matcher.lookback ?? LIMITS.lookback, capped: true };
    }
    case 'imports':
      return { kind: matcher.find === 'mentioned' ? 'mention' : 'statement' };
    case 'phrases':
      return { kind: 'phrase' };
    case 'shape':
      return { kind: 'whole', why: 'a code shape is read from the whole code' };
  }
}

const CHANGES = new Set<Hit['action']>(['block', 'disable', 'drop', 'replace', 'redact']);

/** Whether a hit changes text that has not been released yet: only such a rule holds anything back. */
export const holdsBack = (action: Hit['action'], mode: Hit['mode']): boolean =>
  mode === 'enforce' && CHANGES.has(action);

/** Whether an enforced hit ends the answer. */
export const endsAnswer = (action: Hit['action']): boolean =>
  action === 'block' || action === 'disable' || action === 'drop';
