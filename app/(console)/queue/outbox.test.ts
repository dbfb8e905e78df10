import { describe, expect, it } from 'vitest';
import type { Decide } from '#lib/reviews/schema';
import { type Answer, createOutbox, lastToUndo, type Outgoing } from './outbox.ts';
import type { Work } from './work.ts';

const decision = (id: string): Decide => ({
  interactionId: id,
  token: id,
  verdict: 'benign',
  timeSpentMs: 1,
  note: 'kept',
});
const given = (id: string) => ({ decision: decision(id), work: { item: { id } } as Work, policyTitle: null });
const decided: Answer = { kind: 'decided', reviewId: 'r', undoSeconds: 30 };
const away: Answer = { kind: 'unreachable', message: 'no answer' };

function answering(...answers: Answer[]) {
  const sent: string[] = [];
  const outbox = createOutbox(async ({ interactionId }) => {
    sent.push(interactionId);
    return answers.shift() ?? decided;
  });
  const states = () => outbox.read().outgoing.map(({ state }) => state);
  return { outbox, sent, states };
}

describe('the outbox', () => {
  it('sends each decision at once and knows how long it can be taken back', async () => {
    const { outbox, sent, states } = answering();
    outbox.add(given('a'));
    outbox.add(given('b'));
    expect(states()).toEqual(['sending', 'sending']);
    expect((await outbox.settled('1'))?.reviewId).toBe('r');
    await outbox.settled('2');
    expect(states()).toEqual(['decided', 'decided']);
    expect(sent).toEqual(['a', 'b']);
    expect(outbox.read().tally.benign).toBe(2);
  });

  it('keeps a decision while nothing answers, and sends the same one again', async () => {
    const { outbox, sent, states } = answering(away, away);
    outbox.add(given('a'));
    await outbox.settled('1');
    expect(states()).toEqual(['unsent']);
    outbox.retry();
    await outbox.settled('1');
    expect(states()).toEqual(['unsent']);
    outbox.retry();
    outbox.retry();
    await outbox.settled('1');
    expect(states()).toEqual(['decided']);
    expect(sent).toEqual(['a', 'a', 'a']);
  });

  it('keeps a refused one with what was typed, until it was seen', async () => {
    const { outbox } = answering({ kind: 'refused', message: 'Bo decided harmful already.' });
    outbox.add(given('a'));
    await outbox.settled('1');
    expect(outbox.read().outgoing[0]).toMatchObject({
      state: 'refused',
      message: 'Bo decided harmful already.',
      decision: { note: 'kept' },
    });
    expect(outbox.read().tally.benign).toBe(0);
    outbox.remove('1');
    expect(outbox.read().outgoing).toEqual([]);
    expect(outbox.read().tally.benign).toBe(0);
  });

  it('does not send what was taken back before it left', async () => {
    const { outbox, sent } = answering(away);
    outbox.add(given('a'));
    await outbox.settled('1');
    outbox.remove('1');
    outbox.retry();
    expect(sent).toEqual(['a']);
    expect(outbox.read().tally.benign).toBe(0);
  });
});

describe('lastToUndo', () => {
  const one = (id: string, state: Outgoing['state'], undoUntil: number | null) =>
    ({ id, state, undoUntil }) as Outgoing;

  it('lets a refusal go with the next decision, so that undo is for that one again', async () => {
    const { outbox, states } = answering({ kind: 'refused', message: 'Bo decided harmful already.' });
    outbox.add(given('a'));
    await outbox.settled('1');
    outbox.add(given('b'));
    await outbox.settled('2');
    expect(states()).toEqual(['decided']);
    expect(lastToUndo(outbox.read().outgoing, 0)?.id).toBe('2');
  });

  it('offers a refused decision first, then the newest whose time is not over', () => {
    const list = [one('1', 'decided', 100), one('2', 'refused', null), one('3', 'decided', 200)];
    expect(lastToUndo(list, 50)?.id).toBe('2');
    expect(
      lastToUndo(
        [list[0], list[2]].filter((each) => each !== undefined),
        150,
      )?.id,
    ).toBe('3');
    expect(lastToUndo([one('1', 'decided', 100)], 150)).toBeNull();
    expect(lastToUndo([one('1', 'sending', null)], 150)?.id).toBe('1');
  });
});
