import { describe, expect, it } from 'vitest';
import { isBindable, keyCaps, keyName } from './key-names.tsx';
import { ACTS, changed, conflictsOf, keysOf } from './keymap.tsx';

const press = (key: string, code: string, shiftKey = false) => keyName({ key, code, shiftKey });

describe('keyName', () => {
  it('names digits by their place, whatever the layout writes there', () => {
    expect(press('1', 'Digit1')).toBe('1');
    expect(press('!', 'Digit1', true)).toBe('Shift+1');
    // A French keyboard writes & there, and 1 with Shift.
    expect(press('&', 'Digit1')).toBe('1');
    expect(press('1', 'Digit1', true)).toBe('Shift+1');
    expect(press('7', 'Numpad7')).toBe('7');
    expect(press('Home', 'Numpad7')).toBe('Home');
  });

  it('names letters by what they write, and by their place on other alphabets', () => {
    expect(press('h', 'KeyJ')).toBe('h');
    expect(press('р', 'KeyH')).toBe('h');
    expect(press('Р', 'KeyH', true)).toBe('H');
    expect(press(']', 'BracketRight')).toBe(']');
    expect(press('?', 'Slash', true)).toBe('?');
  });

  it('knows what may be given to an act and how it is shown', () => {
    expect(['h', 'Shift+1', 'Enter', ']'].every(isBindable)).toBe(true);
    expect(['Shift', 'Tab', 'Escape', 'F5', '?', ' '].some(isBindable)).toBe(false);
    expect(keyCaps('Shift+3')).toEqual(['⇧', '3']);
    expect(keyCaps('g q')).toEqual(['g', 'q']);
  });
});

describe('the keymap', () => {
  it('gives every act a key that nothing else on its page has', () => {
    expect(new Set(ACTS.map(({ id }) => id)).size).toBe(ACTS.length);
    expect(conflictsOf({})).toEqual(new Map());
  });

  it('says which acts collide, also through a sequence, and only where they meet', () => {
    expect(conflictsOf({ 'review.benign': 'h' }).get('review.harmful')).toEqual([
      'Benign, and on to the next',
    ]);
    const goQueue = {
      id: 'go',
      keys: 'g q',
      label: 'Go to Queue',
      group: 'Go',
      scope: 'everywhere',
    } as const;
    expect(conflictsOf({ 'review.skip': 'g' }, [goQueue]).get('review.skip')).toEqual(['Go to Queue']);
    // The queue's list is never on the page of the workbench.
    expect(conflictsOf({ 'queue.start': 'h' })).toEqual(new Map());
  });

  it('keeps only what differs from the standard', () => {
    expect(changed({ 'review.harmful': 'h', 'review.benign': 'q', 'no.such.act': 'k' })).toEqual({
      'review.benign': 'q',
    });
    expect(keysOf({ 'review.benign': 'q' }, 'review.benign')).toBe('q');
    expect(keysOf({}, 'review.harmful')).toBe('h');
  });
});
