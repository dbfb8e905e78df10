import { describe, expect, it } from 'vitest';
import {
  INCIDENT_STATES,
  type IncidentFacts,
  MOVES,
  type Move,
  missing,
  moveBetween,
  movesFrom,
  requirements,
} from './states.ts';

// Written out by hand, independently of the table: s step, b back, d dismiss, m merge, r reopen,
// u undo of a merge, . no move.
const EXPECTED: Record<string, string> = {
  //               n t i g o r v c d m   (columns in the order of INCIDENT_STATES)
  new: '           . s . . . . . . d m',
  triaging: '      . . s . . . . . d m',
  investigating: ' . . . s . . . . d m',
  mitigating: '    . . . . s . . . d m',
  monitoring: '    . . . b . s . . d m',
  resolved: '      . . r . . . s . . .',
  reviewing: '     . . r . . . . s . .',
  closed: '        . . r . . . . . . .',
  dismissed: '     . . r . . . . . . .',
  merged: '        u u u u u . . . . .',
};
const LETTER: Record<string, string> = {
  step: 's',
  back: 'b',
  dismiss: 'd',
  merge: 'm',
  unmerge: 'u',
  reopen: 'r',
};

const NOTHING: IncidentFacts = { hasCommander: false, liveRules: 0, enforcedRules: 0, beforeMerge: null };
const READY: IncidentFacts = { ...NOTHING, hasCommander: true, liveRules: 1, enforcedRules: 1 };

function move(from: string, to: string): Move {
  const found = moveBetween(from, to);
  if (!found) throw new Error(`no move ${from} → ${to}`);
  return found;
}

describe('the table of moves', () => {
  for (const from of INCIDENT_STATES) {
    for (const [column, to] of INCIDENT_STATES.entries()) {
      const expected = EXPECTED[from]?.trim().split(' ')[column];
      it(`${from} → ${to}: ${expected}`, () => {
        const found = moveBetween(from, to);
        expect(found ? LETTER[found.kind] : '.').toBe(expected);
      });
    }
  }

  it('has each pair once, and the way forward is the first move offered', () => {
    expect(new Set(MOVES.map((each) => `${each.from} ${each.to}`)).size).toBe(MOVES.length);
    expect(movesFrom('monitoring', NOTHING).map((each) => each.to)).toEqual([
      'resolved',
      'mitigating',
      'dismissed',
      'merged',
    ]);
    expect(movesFrom('merged', { beforeMerge: 'triaging' }).map((each) => each.to)).toEqual(['triaging']);
    expect(moveBetween('nonsense', 'new')).toBeUndefined();
  });

  it('needs a reason exactly for closing, going back, dismissing, reopening and undoing a merge', () => {
    for (const each of MOVES) {
      const needsReason =
        each.to === 'closed' || ['back', 'dismiss', 'reopen', 'unmerge'].includes(each.kind);
      expect(each.reason !== undefined, `${each.from} → ${each.to}`).toBe(needsReason);
      if (needsReason) {
        const facts = { ...READY, liveRules: 0, beforeMerge: each.to };
        expect(missing(each, facts, '  ')).toEqual([`a reason: ${each.reason}`]);
        expect(missing(each, facts, 'because')).toEqual([]);
      }
    }
  });
});

describe('guards', () => {
  it('mitigating needs a commander, and no reason stands in for one', () => {
    expect(missing(move('investigating', 'mitigating'), NOTHING, 'in a hurry')).toEqual(['a commander']);
    expect(missing(move('investigating', 'mitigating'), READY)).toEqual([]);
  });

  it('monitoring needs an enforced rule or a reason; a rule that is only live is not enough', () => {
    const start = move('mitigating', 'monitoring');
    expect(missing(start, { ...READY, enforcedRules: 0 })).toHaveLength(1);
    expect(missing(start, { ...READY, enforcedRules: 0 }, 'the provider switched the model off')).toEqual([]);
    expect(missing(start, READY)).toEqual([]);
  });

  it('resolved needs no live rules or a reason that accepts them', () => {
    const resolve = move('monitoring', 'resolved');
    expect(missing(resolve, READY)).toHaveLength(1);
    expect(missing(resolve, READY, 'R-31 stays until the model is fixed')).toEqual([]);
    expect(missing(resolve, NOTHING)).toEqual([]);
  });

  it('dismissing leaves no live rule behind, whatever the reason; merging takes them along', () => {
    expect(missing(move('new', 'dismissed'), READY, 'noise')).toEqual(['no live rules: withdraw them first']);
    expect(missing(move('new', 'merged'), READY, 'same', 'INC-2')).toEqual([]);
    expect(missing(move('new', 'merged'), NOTHING, '', '')).toEqual(['the incident it is merged into']);
  });

  it('undoes a merge only into the state before it', () => {
    const merged = { ...NOTHING, beforeMerge: 'mitigating' } as const;
    expect(missing(move('merged', 'mitigating'), merged, 'not the same')).toEqual([]);
    expect(missing(move('merged', 'new'), merged, 'not the same')).toEqual([
      'the state it had before the merge: mitigating',
    ]);
  });

  it('never says that something is there because a reason stands in for it', () => {
    const resolve = move('monitoring', 'resolved');
    const words = (facts: typeof READY, reason = '') => requirements(resolve, facts, reason)[0]?.words;
    expect(words(NOTHING)).toBe('No rule is live');
    expect(words({ ...READY, liveRules: 2 })).toMatch(/^2 rules are still live\. Withdraw, or say why/);
    expect(words({ ...READY, liveRules: 1 }, 'it ends by itself')).toBe(
      'Your reason goes into the history instead',
    );
  });

  it('lists met requirements with their tick', () => {
    expect(requirements(move('investigating', 'mitigating'), READY)).toEqual([
      { text: 'a commander', words: 'It has a commander', met: true, orReason: false },
    ]);
  });
});
