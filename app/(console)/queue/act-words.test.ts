import { expect, it } from 'vitest';
import { actWords, refusedWords, takenBackWords } from './act-words.ts';
import type { Act, Outgoing, OutgoingAct } from './outbox.ts';

const lease = { interactionId: 'a', token: 't' };
const progress = { state: 'done', sent: true, message: null, undoUntil: null, answer: null } as const;
const one = (act: Act, detail: string | null = null, more: Partial<OutgoingAct> = {}) =>
  ({ ...act, id: '1', at: 0, title: 'SQL by concatenation', detail, ...progress, ...more }) as OutgoingAct;
const decided = (detail: string | null, more: Partial<OutgoingAct> = {}) =>
  one({ kind: 'decide', body: { ...lease, verdict: 'harmful', timeSpentMs: 1, note: 'seen' } }, detail, more);
const skip: Act = { kind: 'skip', body: { ...lease, reason: 'language' } };
const hold: Act = { kind: 'hold', body: { ...lease, minutes: 30, reason: 'asked Bo' } };
const handover: Act = { kind: 'handover', body: { ...lease, toUserId: 'b', note: 'you know it' } };

it('says what was done, what became of it, and what was taken back', () => {
  const told = [
    decided('Injection'),
    decided(null),
    one(skip),
    one(skip, null, { answer: { raised: true } }),
    one(hold),
    one(handover, 'Bo'),
  ].map((act) => [actWords(act), takenBackWords(act, true)]);
  expect(told).toEqual([
    ['Decided harmful · Injection: SQL by concatenation', 'Taken back: it was harmful · Injection.'],
    ['Decided harmful: SQL by concatenation', 'Taken back: it was harmful.'],
    ['Skipped, hidden for you only: SQL by concatenation', 'Taken back: it was skipped.'],
    ['Skipped and raised to a lead: SQL by concatenation', 'Taken back: it was skipped.'],
    ['Held for 30 minutes, under “held by me”: SQL by concatenation', 'Taken back: it was held.'],
    ['Handed to Bo: SQL by concatenation', 'Taken back: it was handed to Bo.'],
  ]);
  expect(takenBackWords(decided(null), false)).toBe('Taken back; it was never sent. It was harmful.');
});

it('keeps what was typed in the words of a refusal', () => {
  const refused = { state: 'refused', message: 'Bo decided benign already.' } as const;
  expect(refusedWords(decided(null, refused))).toBe(
    'Not decided harmful: SQL by concatenation. Bo decided benign already. You wrote: seen',
  );
  expect(refusedWords(one(skip, null, refused))).toBe(
    'Not skipped: SQL by concatenation. Bo decided benign already.',
  );
  expect(refusedWords(one(hold, null, refused))).toContain('Not held: ');
  expect(refusedWords(one(handover, 'Bo', refused))).toContain('You wrote: you know it');
  const wish = { ...one(skip, null, refused), kind: 'take-back', body: { ...lease, actId: '1' } } as Outgoing;
  expect(refusedWords(wish)).toBe('Not taken back: SQL by concatenation. Bo decided benign already.');
});

it('shows invisible characters of a title, and no more than a line of it', () => {
  const words = actWords(one(skip, null, { title: `a\u202eb${'x'.repeat(200)}` }));
  expect(words).not.toContain('\u202e');
  expect(words.length).toBeLessThan(120);
});
