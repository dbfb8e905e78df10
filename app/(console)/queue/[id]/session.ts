import type { HeldClaim, NextWork, ShownItem, Work } from '../work.ts';

/** An item that is this tab's, until `deadline` by this browser's own clock, milliseconds. */
export type Slot = { item: ShownItem; claim: HeldClaim; deadline: number };

type Pause = { kind: 'break'; consecutive: number; minutes: number };

export type Current =
  | {
      kind: 'item';
      item: ShownItem;
      /** Null until the claim is there, and after it was lost. */
      claim: HeldClaim | null;
      deadline: number;
      /** It was claimed ahead, and the server does not know yet that it is on the screen. */
      ahead: boolean;
      /** When its first frame was on the screen; nothing is decided before. */
      shownAt: number | null;
      /** Why it is not, or no longer, this tab's. */
      lost: { message: string; takeable: boolean } | null;
    }
  | { kind: 'waiting' }
  | { kind: 'empty' }
  | Pause
  | { kind: 'failed'; message: string };

export type Next =
  | { kind: 'idle' }
  /** `ahead`: while an item is on the screen, so it yields to whoever has nothing. */
  | { kind: 'fetching'; ahead: boolean }
  | { kind: 'ready'; slot: Slot }
  | { kind: 'none' }
  | Pause
  | { kind: 'failed'; message: string };

/** One tab's work: the item on the screen, the one behind it, and claims that are to be given back. */
export type Session = { current: Current; next: Next; giveBack: HeldClaim[] };

export type SessionEvent =
  | { type: 'claimed'; work: Work; now: number }
  | { type: 'refused'; id: string; message: string; takeable?: boolean }
  | { type: 'painted'; id: string; now: number }
  | { type: 'fetching'; ahead: boolean }
  | { type: 'arrived'; answer: NextWork; now: number }
  | { type: 'fetch failed'; message: string; now: number }
  /** The current item is done with and its claim gone: decided, skipped, held or handed over. */
  | { type: 'advance'; now: number }
  /** The current item stays open for others and this one takes its place. */
  | { type: 'opened'; work: Work; now: number }
  /** An item comes back before the current one: its decision was taken back, or refused. */
  | { type: 'returned'; work: Work; now: number }
  | { type: 'told'; token: string }
  | { type: 'stayed'; token: string; deadline: number }
  | { type: 'lost'; token: string; message: string }
  | { type: 'look again' }
  | { type: 'given back'; tokens: string[] };

export function begin(item: ShownItem): Session {
  return { current: unclaimed(item), next: { kind: 'idle' }, giveBack: [] };
}

/** What follows from an event; the only place where the work of a tab changes. */
export function follow(session: Session, event: SessionEvent): Session {
  const { current, next } = session;
  switch (event.type) {
    case 'claimed':
      if (current.kind !== 'item' || current.item.id !== event.work.item.id) {
        return { ...session, giveBack: [...session.giveBack, event.work.claim] };
      }
      return { ...session, current: { ...current, ...slotOf(event), lost: null } };
    case 'refused':
      if (current.kind !== 'item' || current.item.id !== event.id) return session;
      return {
        ...session,
        current: {
          ...current,
          claim: null,
          lost: { message: event.message, takeable: event.takeable ?? false },
        },
      };
    case 'painted':
      if (current.kind !== 'item' || current.item.id !== event.id || current.shownAt !== null) return session;
      return { ...session, current: { ...current, shownAt: event.now } };
    case 'fetching':
      return { ...session, next: { kind: 'fetching', ahead: event.ahead } };
    case 'arrived':
      return arrived(session, event);
    case 'fetch failed':
      if (next.kind !== 'fetching') return session;
      return landed({ ...session, next: { kind: 'failed', message: event.message } }, event.now);
    case 'advance':
      // What failed behind the screen may come now, and who has nothing may get what others only hold ahead.
      return landed({ ...session, current: { kind: 'waiting' }, next: orAskAgain(next) }, event.now);
    case 'opened':
      return { ...session, current: onScreen(slotOf(event)), giveBack: withHeld(session.giveBack, current) };
    case 'returned': {
      // The same item, opened meanwhile under another claim, does not stand behind itself.
      const behind = current.kind === 'item' && current.item.id === event.work.item.id ? null : held(current);
      const giveBack =
        next.kind === 'ready' && behind ? [...session.giveBack, next.slot.claim] : session.giveBack;
      return {
        current: onScreen(slotOf(event)),
        // What was on the screen is the next again; what was behind it is free for others.
        next: behind ? { kind: 'ready', slot: behind } : next,
        giveBack,
      };
    }
    case 'told':
      return current.kind === 'item' && current.claim?.token === event.token
        ? { ...session, current: { ...current, ahead: false } }
        : session;
    case 'stayed':
      if (current.kind === 'item' && current.claim?.token === event.token) {
        return { ...session, current: { ...current, deadline: event.deadline } };
      }
      if (next.kind !== 'ready' || next.slot.claim.token !== event.token) return session;
      return { ...session, next: { kind: 'ready', slot: { ...next.slot, deadline: event.deadline } } };
    case 'lost':
      if (current.kind === 'item' && current.claim?.token === event.token) {
        return {
          ...session,
          current: { ...current, claim: null, lost: { message: event.message, takeable: false } },
        };
      }
      // Nobody has seen it, so another one will do.
      return next.kind === 'ready' && next.slot.claim.token === event.token
        ? { ...session, next: { kind: 'idle' } }
        : session;
    case 'look again':
      return current.kind === 'item'
        ? session
        : { ...session, current: { kind: 'waiting' }, next: { kind: 'idle' } };
    case 'given back':
      return { ...session, giveBack: session.giveBack.filter(({ token }) => !event.tokens.includes(token)) };
  }
}

/** Why the item on the screen may not be decided; null where it may: it is this tab's, and it has been seen. */
export function whyNot({ current }: Session): string | null {
  if (current.kind !== 'item') return 'No item is on the screen.';
  if (current.lost) return current.lost.message;
  if (!current.claim) return 'This item is still being claimed for you.';
  return current.shownAt === null ? 'This item is not on the screen yet.' : null;
}

/** The item on the screen that has no claim yet, and nothing that stands in its way. */
export function wantsClaim({ current }: Session): string | null {
  return current.kind === 'item' && current.claim === null && current.lost === null ? current.item.id : null;
}

/** Whether the next item should be claimed now: not before the current one is on the screen. */
export function wantsNext({ current, next }: Session): boolean {
  return (
    next.kind === 'idle' &&
    (current.kind === 'waiting' ||
      (current.kind === 'item' && current.shownAt !== null && current.claim !== null))
  );
}

/** The claim that was made ahead and whose item is on the screen now: the server is to know. */
export function wantsTelling({ current }: Session): HeldClaim | null {
  return current.kind === 'item' && current.ahead && current.shownAt !== null ? current.claim : null;
}

/** Every claim of this tab, to be kept alive while somebody is there and given back when they leave. */
export function claimsOf({ current, next }: Session): HeldClaim[] {
  return [
    ...(current.kind === 'item' && current.claim ? [current.claim] : []),
    ...(next.kind === 'ready' ? [next.slot.claim] : []),
  ];
}

function arrived(session: Session, event: Extract<SessionEvent, { type: 'arrived' }>): Session {
  const { answer } = event;
  if (session.next.kind !== 'fetching') {
    // Something else took its place meanwhile.
    return answer.kind === 'work' ? { ...session, giveBack: [...session.giveBack, answer.claim] } : session;
  }
  const next: Next =
    answer.kind === 'work' ? { kind: 'ready', slot: slotOf({ work: answer, now: event.now }) } : answer;
  if (session.next.ahead && session.current.kind === 'waiting') {
    return landed({ ...session, next: orAskAgain(next) }, event.now);
  }
  return landed({ ...session, next }, event.now);
}

function orAskAgain(next: Next): Next {
  return next.kind === 'failed' || next.kind === 'none' ? { kind: 'idle' } : next;
}

// Who waits gets what has come.
function landed(session: Session, now: number): Session {
  const { current, next } = session;
  if (current.kind !== 'waiting') return session;
  switch (next.kind) {
    case 'ready':
      return {
        ...session,
        // A lease that ran out behind the screen is claimed anew before anything is decided on it.
        current: next.slot.deadline > now ? onScreen(next.slot, true) : unclaimed(next.slot.item),
        next: { kind: 'idle' },
      };
    case 'none':
      return { ...session, current: { kind: 'empty' } };
    case 'break':
    case 'failed':
      return { ...session, current: next };
    default:
      return session;
  }
}

function unclaimed(item: ShownItem): Current {
  return { kind: 'item', item, claim: null, deadline: 0, ahead: false, shownAt: null, lost: null };
}

function onScreen(slot: Slot, ahead = false): Current {
  return { kind: 'item', ...slot, ahead, shownAt: null, lost: null };
}

function slotOf({ work, now }: { work: Work; now: number }): Slot {
  return { item: work.item, claim: work.claim, deadline: now + work.claim.seconds * 1_000 };
}

function held(current: Current): Slot | null {
  if (current.kind !== 'item' || !current.claim) return null;
  return { item: current.item, claim: current.claim, deadline: current.deadline };
}

function withHeld(giveBack: HeldClaim[], current: Current): HeldClaim[] {
  const slot = held(current);
  return slot ? [...giveBack, slot.claim] : giveBack;
}
