import { describe, expect, it } from 'vitest';
import type { ShownItem, Work } from '../work.ts';
import {
  begin,
  claimsOf,
  follow,
  type Session,
  type SessionEvent,
  wantsClaim,
  wantsNext,
  wantsTelling,
  whyNot,
} from './session.ts';

const item = (id: string) => ({ id }) as ShownItem;
const work = (id: string): Work => ({
  claim: { interactionId: id, token: `token-${id}`, seconds: 300 },
  item: item(id),
});
const following = (...events: SessionEvent[]): Session => events.reduce(follow, begin(item('a')));

const reading: SessionEvent[] = [
  { type: 'claimed', work: work('a'), now: 0 },
  { type: 'painted', id: 'a', now: 1 },
];
const prefetched: SessionEvent[] = [
  ...reading,
  { type: 'fetching', ahead: true },
  { type: 'arrived', answer: { kind: 'work', ...work('b') }, now: 2 },
];
const isReady = (session: Session) => whyNot(session) === null;
const shownId = ({ current }: Session) => (current.kind === 'item' ? current.item.id : current.kind);

describe('the work of one tab', () => {
  it('lets nothing be decided that is not claimed, or not yet on the screen', () => {
    expect(isReady(following())).toBe(false);
    expect(isReady(following({ type: 'painted', id: 'a', now: 0 }))).toBe(false);
    expect(isReady(following({ type: 'claimed', work: work('a'), now: 0 }))).toBe(false);
    expect(isReady(following(...reading))).toBe(true);
    // The next is there from memory, and still not decided by the key that brought it.
    const advanced = following(...prefetched, { type: 'advance', now: 9 });
    expect(shownId(advanced)).toBe('b');
    expect(isReady(advanced)).toBe(false);
    expect(isReady(follow(advanced, { type: 'painted', id: 'a', now: 3 }))).toBe(false);
    expect(isReady(follow(advanced, { type: 'painted', id: 'b', now: 3 }))).toBe(true);
  });

  it('says why nothing can be decided', () => {
    const lost: SessionEvent = { type: 'lost', token: 'token-a', message: 'Bo holds this item.' };
    expect(whyNot(following())).toBe('This item is still being claimed for you.');
    expect(whyNot(following({ type: 'claimed', work: work('a'), now: 0 }))).toContain(
      'not on the screen yet',
    );
    expect(whyNot(following(...reading, lost))).toBe('Bo holds this item.');
    expect(whyNot(following(...reading, { type: 'advance', now: 9 }))).toBe('No item is on the screen.');
    expect(whyNot(following(...reading))).toBeNull();
  });

  it('claims one ahead, only once the current one has been painted', () => {
    expect(wantsNext(following())).toBe(false);
    expect(wantsNext(following(...reading))).toBe(true);
    expect(wantsNext(following(...reading, { type: 'fetching', ahead: true }))).toBe(false);
    expect(wantsNext(following(...prefetched))).toBe(false);
    expect(claimsOf(following(...prefetched)).map(({ token }) => token)).toEqual(['token-a', 'token-b']);
  });

  it('shows what comes late as soon as it comes, and says when nothing does', () => {
    const late = following(...reading, { type: 'fetching', ahead: true }, { type: 'advance', now: 9 });
    expect(shownId(late)).toBe('waiting');
    expect(shownId(follow(late, { type: 'arrived', answer: { kind: 'work', ...work('b') }, now: 5 }))).toBe(
      'b',
    );
    // What was asked for ahead may be less than there is for somebody who has nothing: they ask again.
    const again = follow(late, { type: 'arrived', answer: { kind: 'none' }, now: 5 });
    expect(shownId(again)).toBe('waiting');
    expect(wantsNext(again)).toBe(true);
    const waiting = follow(again, { type: 'fetching', ahead: false });
    expect(shownId(follow(waiting, { type: 'arrived', answer: { kind: 'none' }, now: 5 }))).toBe('empty');
    expect(shownId(follow(waiting, { type: 'fetch failed', message: 'away', now: 5 }))).toBe('failed');
    const pause = { kind: 'break', consecutive: 60, minutes: 5 } as const;
    const resting = follow(waiting, { type: 'arrived', answer: pause, now: 5 });
    expect(resting.current).toEqual(pause);
    expect(wantsNext(follow(resting, { type: 'look again' }))).toBe(true);
  });

  it('asks again for somebody who has nothing, where nothing was free ahead', () => {
    const none = following(
      ...reading,
      { type: 'fetching', ahead: true },
      { type: 'arrived', answer: { kind: 'none' }, now: 5 },
    );
    expect(wantsNext(none)).toBe(false);
    const advanced = follow(none, { type: 'advance', now: 9 });
    expect(shownId(advanced)).toBe('waiting');
    expect(wantsNext(advanced)).toBe(true);
  });

  it('tells the server once that what it claimed ahead is on the screen now', () => {
    expect(wantsTelling(following(...reading))).toBeNull();
    expect(wantsTelling(following(...prefetched))).toBeNull();
    const advanced = following(...prefetched, { type: 'advance', now: 9 });
    expect(wantsTelling(advanced)).toBeNull();
    const seen = follow(advanced, { type: 'painted', id: 'b', now: 9 });
    expect(wantsTelling(seen)).toMatchObject({ token: 'token-b' });
    expect(wantsTelling(follow(seen, { type: 'told', token: 'token-b' }))).toBeNull();
  });

  it('asks afresh for what failed to come while an item was on the screen', () => {
    const shown = following(...prefetched).current;
    const failed = { current: shown, next: { kind: 'failed', message: 'away' }, giveBack: [] } as const;
    const gone = follow({ ...failed, giveBack: [] }, { type: 'advance', now: 9 });
    expect(gone.current.kind).toBe('waiting');
    expect(wantsNext(gone)).toBe(true);
  });

  it('brings an item back before the current one and frees the one behind', () => {
    const back = following(...prefetched, { type: 'returned', work: work('z'), now: 9 });
    expect(shownId(back)).toBe('z');
    expect(isReady(back)).toBe(false);
    expect(back.next).toMatchObject({ kind: 'ready', slot: { item: { id: 'a' } } });
    expect(back.giveBack.map(({ token }) => token)).toEqual(['token-b']);
    expect(follow(back, { type: 'given back', tokens: ['token-b'] }).giveBack).toEqual([]);
    // One that was still on its way when that happened is given back as it arrives.
    const late = following(
      ...reading,
      { type: 'fetching', ahead: true },
      { type: 'returned', work: work('z'), now: 9 },
      { type: 'arrived', answer: { kind: 'work', ...work('b') }, now: 10 },
    );
    expect(late.giveBack.map(({ token }) => token)).toEqual(['token-b']);
    expect(late.next).toMatchObject({ kind: 'ready', slot: { item: { id: 'a' } } });
  });

  it('does not put an item behind itself that was opened again before it was taken back', () => {
    const work2 = { ...work('a'), claim: { interactionId: 'a', token: 'older', seconds: 300 } };
    const back = following(...prefetched, { type: 'returned', work: work2, now: 9 });
    expect(shownId(back)).toBe('a');
    expect(back.next).toMatchObject({ kind: 'ready', slot: { item: { id: 'b' } } });
    expect(claimsOf(back).map(({ token }) => token)).toEqual(['older', 'token-b']);
  });

  it('gives the current item back when another is opened from the list', () => {
    const opened = following(...prefetched, { type: 'opened', work: work('q'), now: 9 });
    expect(shownId(opened)).toBe('q');
    expect(opened.giveBack.map(({ token }) => token)).toEqual(['token-a']);
    expect(opened.next).toMatchObject({ kind: 'ready', slot: { item: { id: 'b' } } });
  });

  it('says when the current claim is lost, and fetches anew when the hidden one is', () => {
    const lost = following(...prefetched, { type: 'lost', token: 'token-a', message: 'Bo holds it' });
    expect(isReady(lost)).toBe(false);
    expect(lost.current).toMatchObject({ claim: null, lost: { message: 'Bo holds it' } });
    const hidden = following(...prefetched, { type: 'lost', token: 'token-b', message: 'gone' });
    expect(isReady(hidden)).toBe(true);
    expect(wantsNext(hidden)).toBe(true);
    const stayed = following(...prefetched, { type: 'stayed', token: 'token-b', deadline: 99 });
    expect(stayed.next).toMatchObject({ slot: { deadline: 99 } });
  });

  it('claims an item anew whose lease ran out behind the screen', () => {
    const late = following(...prefetched, { type: 'advance', now: 400_000 });
    expect(shownId(late)).toBe('b');
    expect(wantsClaim(late)).toBe('b');
    expect(isReady(follow(late, { type: 'painted', id: 'b', now: 400_001 }))).toBe(false);
    expect(wantsClaim(following(...prefetched, { type: 'advance', now: 9 }))).toBeNull();
  });

  it('gives back a claim that comes for an item no longer on the screen', () => {
    const late = following(
      ...prefetched,
      { type: 'advance', now: 9 },
      {
        type: 'claimed',
        work: { ...work('a'), claim: { interactionId: 'a', token: 'second', seconds: 1 } },
        now: 9,
      },
    );
    expect(late.giveBack.map(({ token }) => token)).toEqual(['second']);
    expect(shownId(late)).toBe('b');
  });
});
