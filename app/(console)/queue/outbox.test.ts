import { describe, expect, it } from 'vitest';
import { type Act, type Answer, createOutbox, lastToUndo, type Outgoing } from './outbox.ts';
import { memoryShelf } from './outbox-shelf.ts';
import type { Work } from './work.ts';

const lease = (id: string) => ({ interactionId: id, token: `token-${id}` });
const decide = (id: string): Act => ({
  kind: 'decide',
  body: { ...lease(id), verdict: 'benign', timeSpentMs: 1, note: 'kept' },
});
const ACTS: Act[] = [
  decide('a'),
  { kind: 'skip', body: { ...lease('a'), reason: 'language' } },
  { kind: 'hold', body: { ...lease('a'), minutes: 30, reason: 'asked the owner' } },
  { kind: 'handover', body: { ...lease('a'), toUserId: 'bo', note: 'you know it' } },
];
const work = { item: { id: 'a' } } as Work;
const named = (act: Act) => ({ ...act, title: 'a title', detail: null });
const done: Answer = { kind: 'done', data: { undoSeconds: 30 } };
const away: Answer = { kind: 'unreachable', message: 'no answer', all: true };
const broken: Answer = { ...away, all: false };
const refused: Answer = { kind: 'refused', message: 'Bo decided harmful already.' };

type Kept = NonNullable<Parameters<typeof memoryShelf>[0]>;
const browser = (): Kept => ({ acts: new Map(), watchers: [], running: null });

/** One tab; what it sends is answered in turn, and `done` once nothing is left to answer with. */
function tab({ answers = [], kept = browser() }: { answers?: Answer[]; kept?: Kept } = {}) {
  const sent: string[] = [];
  const network = { online: true, held: null as Promise<void> | null };
  const outbox = createOutbox(memoryShelf(kept), {
    isOnline: () => network.online,
    async send({ id, kind, body }) {
      sent.push(kind === 'take-back' ? `${kind} of ${body.actId}` : `${kind} ${body.interactionId} ${id}`);
      await network.held;
      return answers.shift() ?? done;
    },
  });
  const add = (act: Act) => outbox.add(named(act), work);
  const kinds = () => sent.map((each) => each.split(' ').slice(0, 2).join(' '));
  const states = () => outbox.read().outgoing.map(({ state }) => state);
  return { outbox, add, sent, kinds, states, network, kept };
}

/** Somebody who holds what is sent until `release` is called. */
function gate() {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { held, release };
}

describe('the outbox', () => {
  it('sends one after the other, in their order, and knows how long each can be taken back', async () => {
    const { outbox, add, kinds, states } = tab();
    const ids = ['a', 'b', 'c'].map((id) => add(decide(id)));
    expect(states()).toEqual(['waiting', 'waiting', 'waiting']);
    for (const id of ids) expect((await outbox.finished(id))?.undoUntil).toBeGreaterThan(Date.now());
    expect(kinds()).toEqual(['decide a', 'decide b', 'decide c']);
    expect(outbox.read().tally.benign).toBe(3);
  });

  it('keeps what gets no answer and sends the same again, under the same id', async () => {
    const { outbox, add, sent } = tab({ answers: [away, away] });
    const id = add(decide('a'));
    expect(await outbox.tried(id)).toMatchObject({ state: 'waiting', sent: true, message: 'no answer' });
    outbox.retry();
    outbox.retry();
    outbox.retry();
    expect(await outbox.finished(id)).toMatchObject({ state: 'done' });
    expect(new Set(sent).size).toBe(1);
  });

  it('lets what fails alone hold up only what was done with the same item after it', async () => {
    const { outbox, add, kinds } = tab({ answers: [broken, done, done] });
    const first = add(decide('a'));
    const wish = outbox.takeBack(first);
    const other = add(decide('b'));
    expect(await outbox.finished(other)).toMatchObject({ state: 'done' });
    expect(kinds()).toEqual(['decide a', 'decide b']);
    outbox.retry();
    await outbox.finished((await wish) ?? '');
    expect(kinds().slice(2)).toEqual(['decide a', 'take-back of']);
  });

  it('keeps a refused one with what was typed, until it was seen or somebody goes on', async () => {
    const { outbox, add, states, kept } = tab({ answers: [refused, refused] });
    const id = add(decide('a'));
    expect(await outbox.finished(id)).toMatchObject({
      state: 'refused',
      message: refused.message,
      body: { note: 'kept' },
    });
    expect(outbox.read().tally.benign).toBe(0);
    outbox.dismiss(id);
    expect(outbox.read()).toMatchObject({ outgoing: [], tally: { benign: 0 } });
    const seen = add(decide('b'));
    await outbox.finished(seen);
    expect(lastToUndo(outbox.read().outgoing, 0)?.state).toBe('refused');
    // The next key came before anybody could read it.
    await outbox.finished(add(decide('c')));
    expect(states()).toEqual(['refused', 'done']);
    for (const one of kept.acts.values())
      kept.acts.set(one.id, { ...one, ...(one.id === seen && { refusedAt: 0 }) });
    await outbox.finished(add(decide('d')));
    expect(states()).toEqual(['done', 'done']);
  });

  it('forgets what was done long ago as soon as it opens, and nothing that waits', async () => {
    const first = tab({ answers: [done, away] });
    await first.outbox.finished(first.add(decide('a')));
    await first.outbox.tried(first.add(decide('b')));
    for (const one of first.kept.acts.values()) {
      first.kept.acts.set(one.id, { ...one, at: 0, undoUntil: one.undoUntil && 1 });
    }
    const next = tab({ kept: first.kept, answers: [away] });
    expect(next.states()).toEqual(['waiting']);
  });

  it('does not try while the browser is offline, and says so', async () => {
    const { outbox, add, sent, network } = tab();
    network.online = false;
    const id = add(decide('a'));
    expect(await outbox.tried(id)).toMatchObject({ sent: false, message: 'You are offline.' });
    expect(sent).toEqual([]);
    network.online = true;
    outbox.retry();
    expect(await outbox.finished(id)).toMatchObject({ state: 'done' });
  });
});

describe.each(ACTS)('taking back: $kind', (act) => {
  it('offline: it is gone and never sent', async () => {
    const { outbox, add, sent, network } = tab();
    network.online = false;
    const id = add(act);
    await outbox.tried(id);
    expect(await outbox.takeBack(id)).toBeNull();
    network.online = true;
    outbox.retry();
    await outbox.finished(add(decide('b')));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain('decide b');
    expect(outbox.workOf(id)).toBe(work);
  });

  it('unanswered: it may have arrived, so the server is told, after it and only once it was sent', async () => {
    const { outbox, add, kinds } = tab({
      answers: [away, away, { kind: 'done', data: { arrived: true, seconds: 9 } }],
    });
    const id = add(act);
    await outbox.tried(id);
    const wish = (await outbox.takeBack(id)) ?? '';
    outbox.retry();
    outbox.retry();
    expect(await outbox.finished(wish)).toMatchObject({
      state: 'done',
      body: { actId: id, token: 'token-a' },
    });
    expect(kinds().at(-1)).toBe('take-back of');
    expect(outbox.read().outgoing[0]?.state).toBe('taken back');
    expect(outbox.read().tally.benign).toBe(0);
  });

  it('on its way, or done: the server is told, once', async () => {
    const { held, release } = gate();
    const { outbox, add, kinds, network } = tab();
    network.held = held;
    const id = add(act);
    const wish = (await outbox.takeBack(id)) ?? '';
    expect(lastToUndo(outbox.read().outgoing, Date.now())).toBeNull();
    release();
    expect(await outbox.finished(wish)).toMatchObject({ state: 'done' });
    expect(kinds()).toEqual([`${act.kind} a`, 'take-back of']);
  });

  it('too late: the refusal is shown, and the act stands', async () => {
    const { outbox, add } = tab({ answers: [done, { kind: 'refused', message: 'Its time is over.' }] });
    const id = add(act);
    await outbox.finished(id);
    const wish = await outbox.finished((await outbox.takeBack(id)) ?? '');
    expect(wish).toMatchObject({ state: 'refused', message: 'Its time is over.' });
    outbox.dismiss(wish?.id ?? '');
    expect(lastToUndo(outbox.read().outgoing, Date.now())?.id).toBe(id);
  });
});

describe('two tabs and a killed one', () => {
  it('send each act once, whichever took it', async () => {
    const kept = browser();
    const [one, two] = [tab({ kept }), tab({ kept })];
    const ids = [one.add(decide('a')), two.add(decide('b')), one.add(decide('c')), two.add(decide('d'))];
    for (const id of ids) await two.outbox.finished(id);
    const sent = [...one.sent, ...two.sent];
    expect(sent).toHaveLength(4);
    expect(new Set(sent).size).toBe(4);
    expect(one.states()).toEqual(['done', 'done', 'done', 'done']);
    // Each counts what was decided in it.
    expect([one, two].map(({ outbox }) => outbox.read().tally.benign)).toEqual([2, 2]);
  });

  it('do not take for unsent what the other is sending', async () => {
    const kept = browser();
    const { held, release } = gate();
    const [one, two] = [tab({ kept }), tab({ kept })];
    one.network.held = held;
    two.network.held = held;
    const id = one.add(decide('a'));
    expect(await two.outbox.takeBack(id)).not.toBeNull();
    release();
    const wish = two.outbox.read().outgoing.find(({ kind }) => kind === 'take-back');
    expect(await two.outbox.finished(wish?.id ?? '')).toMatchObject({ state: 'done' });
  });

  it('go on after a reload with what was left, in its order', async () => {
    const kept = browser();
    const killed = tab({ kept });
    killed.network.online = false;
    const ids = [killed.add(decide('a')), killed.add(decide('b'))];
    await killed.outbox.tried(ids[1] ?? '');
    const next = tab({ kept });
    for (const id of ids) expect(await next.outbox.finished(id)).toMatchObject({ state: 'done' });
    expect(next.kinds()).toEqual(['decide a', 'decide b']);
    expect(next.outbox.workOf(ids[0] ?? '')).toBeNull();
    expect(lastToUndo(next.outbox.read().outgoing, Date.now())?.id).toBe(ids[1]);
  });
});

describe('lastToUndo', () => {
  const one = (id: string, state: Outgoing['state'], undoUntil: number | null) =>
    ({
      ...named(decide(id)),
      id,
      state,
      undoUntil,
      at: 0,
      sent: true,
      message: null,
      answer: null,
    }) as Outgoing;

  it('is a refused one first, then the newest whose time is not over', () => {
    const [first, last] = [one('1', 'done', 100), one('3', 'done', 200)];
    expect(lastToUndo([first, one('2', 'refused', null), last], 50)?.id).toBe('2');
    expect(lastToUndo([first, last], 150)?.id).toBe('3');
    expect(lastToUndo([first], 150)).toBeNull();
    expect(lastToUndo([one('1', 'waiting', null)], 150)?.id).toBe('1');
    expect(lastToUndo([one('1', 'taken back', null)], 150)).toBeNull();
  });
});
