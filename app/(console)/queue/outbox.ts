import { uuidv7 } from 'uuidv7';
import type { Decide, HandOver, Hold, Skip, TakeBack, Verdict } from '#lib/reviews/schema';
import type { Shelf } from './outbox-shelf.ts';
import type { Work } from './work.ts';

/** What is done with an item, as it is sent, with the claim that it is done with. */
export type Act =
  | { kind: 'decide'; body: Decide }
  | { kind: 'skip'; body: Skip }
  | { kind: 'hold'; body: Hold }
  | { kind: 'handover'; body: HandOver };

/** `waitedMs` is added when it is sent. */
type Wish = { kind: 'take-back'; body: Omit<TakeBack, 'waitedMs'> };

type Named = {
  /** Names it to the server, which does it once, however often it is sent; in the order of time. */
  id: string;
  /** The item's, and the policy or the person that belongs to it. */
  title: string;
  detail: string | null;
  /** When it was done, by this browser's clock. */
  at: number;
};

type Progress = {
  state: 'waiting' | 'done' | 'refused' | 'taken back';
  /** It may have arrived, whatever was answered. */
  sent: boolean;
  /** Why it is not through yet, or was refused. */
  message: string | null;
  /** When it was refused, by this browser's clock. */
  refusedAt?: number;
  /** Until when it can be taken back, by this browser's clock; null while it is not known. */
  undoUntil: number | null;
  answer: Answered | null;
};

export type OutgoingAct = Act & Named & Progress;
export type Outgoing = OutgoingAct | (Wish & Named & Progress);

/** What the server says to an act, or to a wish to take one back. */
export type Answered = {
  undoSeconds?: number;
  /** A skip that sent the item to a lead. */
  raised?: boolean;
  /** Whether what is taken back had arrived. */
  arrived?: boolean;
  /** What is left of the claim; null where it is somebody else's, and `message` says whose. */
  seconds?: number | null;
  message?: string | null;
};

export type Answer =
  | { kind: 'done'; data: Answered }
  | { kind: 'refused'; message: string }
  /** `all`: nothing else would get through either. */
  | { kind: 'unreachable'; message: string; all: boolean };

export type OutboxState = {
  outgoing: readonly Outgoing[];
  /** Decided in this tab. */
  tally: Record<Verdict, number>;
  since: number | null;
};

export type Outbox = ReturnType<typeof createOutbox>;

type Network = { send: (one: Outgoing) => Promise<Answer>; isOnline: () => boolean };

const OFFLINE = 'You are offline.';
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
/** So much longer than it can be taken back an act is remembered, so that lists can catch up. */
const REMEMBERED_MS = 30_000;
/** A refusal that came later than this before a key press was not read. */
const READ_MS = 1_500;

/**
 * What a person does with items, and what they take back of it: one list, in the order in which it was done, kept in
 * the browser. It is sent one at a time, by one tab at a time; what does not get through is sent again, and what comes
 * after it on the same item waits. An act leaves only when the server has it, when it was taken back, or when its
 * refusal was seen.
 */
export function createOutbox(shelf: Shelf, { send, isOnline }: Network) {
  const listeners = new Set<() => void>();
  const works = new Map<string, Work>();
  const mine = new Map<string, Verdict | null>();
  let since: number | null = null;
  let state = look();
  let asked = false;
  let wait = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): OutboxState {
    const outgoing = shelf.all();
    const tally = { harmful: 0, benign: 0, unsure: 0 };
    const gone = new Set(outgoing.filter((one) => isOut(one, outgoing)).map(({ id }) => id));
    for (const [id, verdict] of mine) if (verdict && !gone.has(id)) tally[verdict] += 1;
    return { outgoing, tally, since };
  }

  function refresh(): void {
    state = look();
    for (const listener of listeners) listener();
  }

  function put(one: Outgoing): void {
    shelf.put(one);
    refresh();
  }

  function find(id: string): Outgoing | undefined {
    return shelf.all().find((one) => one.id === id);
  }

  function go(): void {
    if (asked) return;
    asked = true;
    clearTimeout(timer);
    timer = undefined;
    shelf
      .alone(() => {
        asked = false;
        return sendAll();
      })
      .finally(() => {
        asked = false;
        later();
        wait = Math.min(wait * 2, LAST_RETRY_MS);
      });
  }

  /** Looks again in a while, whichever tab it was that could not send. */
  function later(): void {
    if (timer === undefined && !asked && shelf.all().some(isWaiting)) timer = setTimeout(go, wait);
  }

  /** Sends what waits, in its order; what fails holds up only what was done with the same item after it. */
  async function sendAll(): Promise<void> {
    const stuck = new Set<string>();
    for (;;) {
      const one = shelf.all().find((each) => isWaiting(each) && !stuck.has(each.body.interactionId));
      if (!one) return;
      if (!isOnline()) {
        for (const each of shelf.all().filter(isWaiting)) shelf.put({ ...each, message: OFFLINE });
        return refresh();
      }
      put({ ...one, sent: true });
      const answer = await send(one);
      if (answer.kind === 'unreachable') {
        put({ ...one, sent: true, message: answer.message });
        if (answer.all) return;
        stuck.add(one.body.interactionId);
      } else settle(one, answer);
    }
  }

  function settle(one: Outgoing, answer: Exclude<Answer, { kind: 'unreachable' }>): void {
    wait = FIRST_RETRY_MS;
    if (answer.kind === 'refused') {
      put({ ...one, sent: true, state: 'refused', message: answer.message, refusedAt: Date.now() });
      return;
    }
    const { data } = answer;
    const undoUntil = data.undoSeconds === undefined ? null : Date.now() + data.undoSeconds * 1_000;
    const act = one.kind === 'take-back' ? find(one.body.actId) : undefined;
    if (act) shelf.put({ ...act, state: 'taken back', message: null });
    put({ ...one, sent: true, state: 'done', message: null, undoUntil, answer: data });
  }

  function forget(now: number): void {
    for (const one of shelf.all()) {
      if (one.state !== 'done' && one.state !== 'taken back') continue;
      if (now > Math.max(one.undoUntil ?? 0, one.at) + REMEMBERED_MS) {
        shelf.drop(one.id);
        works.delete(one.id);
      }
    }
  }

  function enqueue(given: (Act | Wish) & Omit<Named, 'id' | 'at'>): string {
    const id = uuidv7();
    const progress = { state: 'waiting', sent: false, message: null, undoUntil: null, answer: null } as const;
    forget(Date.now());
    put({ ...given, id, at: Date.now(), ...progress });
    go();
    return id;
  }

  async function until(id: string, test: (one: Outgoing) => boolean): Promise<Outgoing | undefined> {
    const now = find(id);
    if (!now || test(now)) return now;
    return new Promise((resolve) => {
      const listener = () => {
        const one = find(id);
        if (one && !test(one)) return;
        listeners.delete(listener);
        resolve(one);
      };
      listeners.add(listener);
    });
  }

  shelf.watch(() => {
    refresh();
    later();
  });
  forget(Date.now());
  refresh();
  if (shelf.all().some(isWaiting)) go();

  return {
    read: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /**
     * Takes an act and sends it as soon as it can be. Whoever goes on has read the refusal of the last one, unless it
     * came in the moment before.
     */
    add(given: Act & Omit<Named, 'id' | 'at'>, work: Work): string {
      const refused = firstRefused(shelf.all());
      if (refused && Date.now() - (refused.refusedAt ?? 0) > READ_MS) shelf.drop(refused.id);
      since ??= Date.now();
      const id = enqueue(given);
      works.set(id, work);
      mine.set(id, given.kind === 'decide' ? given.body.verdict : null);
      refresh();
      return id;
    },
    /**
     * Takes an act back: one that no tab has sent yet is simply gone; of any other the server is told, in its turn, and
     * whether the act has arrived does not matter. Answers the id of that wish, null where none is needed.
     */
    async takeBack(id: string): Promise<string | null> {
      const dropUnsent = async () => {
        if (find(id)?.sent === false) shelf.drop(id);
      };
      // Only who sends may say that it was never sent; whoever is at it may take long, but not while offline.
      await shelf.alone(dropUnsent, isOnline() ? 'now' : undefined);
      const one = find(id);
      refresh();
      if (!one || one.kind === 'take-back') return null;
      const { interactionId, token } = one.body;
      const { title, detail } = one;
      return enqueue({ kind: 'take-back', body: { interactionId, token, actId: id }, title, detail });
    },
    /** The item as it was on the screen of this tab when it was done. */
    workOf: (id: string) => works.get(id) ?? null,
    /** The items with which something that was done is still on its way. */
    busyItems: () => state.outgoing.filter(isWaiting).map(({ body }) => body.interactionId),
    /** Once it is known how it went, or that it cannot be sent right now. */
    tried: (id: string) => until(id, (one) => !isWaiting(one) || one.message !== null),
    /** Once it is known how it went. */
    finished: (id: string) => until(id, (one) => !isWaiting(one)),
    /** Sends what waits without waiting any longer, such as when the network is back. */
    retry: () => {
      wait = FIRST_RETRY_MS;
      if (shelf.all().some(isWaiting)) go();
    },
    /** Forgets a refusal that was seen. */
    dismiss(id: string): void {
      shelf.drop(id);
      mine.delete(id);
      refresh();
    },
    /** Begins counting anew, after a pause. */
    rest(): void {
      mine.clear();
      since = null;
      refresh();
    },
  };
}

function isWaiting({ state }: Outgoing): boolean {
  return state === 'waiting';
}

/** Not done after all: refused, taken back, or about to be. */
function isOut({ id, state }: Outgoing, all: readonly Outgoing[]): boolean {
  if (state === 'refused' || state === 'taken back') return true;
  return all.some((one) => one.kind === 'take-back' && one.body.actId === id && one.state !== 'refused');
}

/** Acts that stand: neither refused, nor taken back, nor about to be. */
export function standing(outgoing: readonly Outgoing[]): OutgoingAct[] {
  return outgoing.filter(isAct).filter((one) => !isOut(one, outgoing));
}

function isAct(one: Outgoing): one is OutgoingAct {
  return one.kind !== 'take-back';
}

/** The refusal that is shown; of an act that is being taken back anyway nobody needs to hear. */
export function firstRefused(outgoing: readonly Outgoing[]): Outgoing | undefined {
  return outgoing.find(
    ({ id, state }) =>
      state === 'refused' && !outgoing.some((one) => one.kind === 'take-back' && one.body.actId === id),
  );
}

/** What `z` takes back: a refused act first, else the last one whose time is not over. */
export function lastToUndo(outgoing: readonly Outgoing[], now: number): OutgoingAct | null {
  const refused = firstRefused(outgoing);
  if (refused && isAct(refused)) return refused;
  return standing(outgoing).findLast(({ undoUntil }) => undoUntil === null || undoUntil > now) ?? null;
}

export function isUnsent({ state, message }: Outgoing): boolean {
  return state === 'waiting' && message !== null;
}
