import type { Decide, Verdict } from '#lib/reviews/schema';
import type { Work } from './work.ts';

/** What a decision needs to be shown, sent, taken back, or opened again. */
export type Decision = { decision: Decide; work: Work; policyTitle: string | null };

export type Outgoing = Decision & {
  id: string;
  state: 'sending' | 'unsent' | 'decided' | 'refused';
  /** Why it is not sent, or was refused. */
  message: string | null;
  reviewId: string | null;
  /** Until when it can be taken back, by this browser's clock; null while it is not known. */
  undoUntil: number | null;
};

export type Answer =
  | { kind: 'decided'; reviewId: string; undoSeconds: number }
  | { kind: 'refused'; message: string }
  | { kind: 'unreachable'; message: string };

export type OutboxState = {
  outgoing: readonly Outgoing[];
  tally: Record<Verdict, number>;
  since: number | null;
};

export type Outbox = ReturnType<typeof createOutbox>;

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
/** Decisions that can no longer be taken back are forgotten beyond this many. */
const REMEMBERED = 50;

/**
 * Decisions on their way. One is gone from here only when the server has it, when it was taken back, or when the
 * person has seen its refusal: while the network is away it stays, and is sent again and again.
 */
export function createOutbox(send: (decision: Decide) => Promise<Answer>) {
  let state: OutboxState = { outgoing: [], tally: { harmful: 0, benign: 0, unsure: 0 }, since: null };
  const listeners = new Set<() => void>();
  const flights = new Map<string, Promise<void>>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let serial = 0;

  function change(next: Partial<OutboxState>): void {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  }

  function patch(id: string, values: Partial<Outgoing>): void {
    change({ outgoing: state.outgoing.map((one) => (one.id === id ? { ...one, ...values } : one)) });
  }

  function find(id: string): Outgoing | undefined {
    return state.outgoing.find((one) => one.id === id);
  }

  function fly(id: string, wait: number): void {
    const one = find(id);
    if (!one || flights.has(id)) return;
    clearTimeout(timers.get(id));
    timers.delete(id);
    if (one.state !== 'sending') patch(id, { state: 'sending' });
    const flight = send(one.decision).then((answer) => {
      flights.delete(id);
      if (answer.kind === 'decided') {
        const undoUntil = Date.now() + answer.undoSeconds * 1_000;
        patch(id, { state: 'decided', message: null, reviewId: answer.reviewId, undoUntil });
      } else if (answer.kind === 'refused') {
        patch(id, { state: 'refused', message: answer.message });
        count(one.decision.verdict, -1);
      } else {
        patch(id, { state: 'unsent', message: answer.message });
        timers.set(
          id,
          setTimeout(() => fly(id, Math.min(wait * 2, LAST_RETRY_MS)), wait),
        );
      }
    });
    flights.set(id, flight);
  }

  function count(verdict: Verdict, by: 1 | -1): void {
    change({ tally: { ...state.tally, [verdict]: state.tally[verdict] + by } });
  }

  function remove(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
    change({ outgoing: state.outgoing.filter((one) => one.id !== id) });
  }

  return {
    read: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Takes a decision and sends it at once. */
    add(given: Decision): void {
      serial += 1;
      const id = String(serial);
      const one: Outgoing = {
        ...given,
        id,
        state: 'sending',
        message: null,
        reviewId: null,
        undoUntil: null,
      };
      const kept = state.outgoing.filter(
        (each, index) =>
          // Whoever goes on deciding has read the refusal of the last one.
          each.state !== 'refused' &&
          (each.state !== 'decided' || index >= state.outgoing.length - REMEMBERED),
      );
      change({ outgoing: [...kept, one], since: state.since ?? Date.now() });
      count(given.decision.verdict, 1);
      fly(id, FIRST_RETRY_MS);
    },
    /** Sends what is not sent yet without waiting, such as when the network is back. */
    retry(): void {
      for (const { id, state: how } of state.outgoing) if (how === 'unsent') fly(id, FIRST_RETRY_MS);
    },
    /** The decision once its answer is known; an unsent one at once. */
    async settled(id: string): Promise<Outgoing | undefined> {
      await flights.get(id);
      return find(id);
    },
    /** Forgets a decision: taken back, or its refusal seen. One that was never sent is not sent any more. */
    remove(id: string): void {
      const one = find(id);
      remove(id);
      if (one && one.state !== 'refused') count(one.decision.verdict, -1);
    },
    /** Begins counting anew, after a pause. */
    rest(): void {
      change({ tally: { harmful: 0, benign: 0, unsure: 0 }, since: null });
    },
  };
}

/** What `z` takes back: a refused decision first, else the last one whose time is not over. */
export function lastToUndo(outgoing: readonly Outgoing[], now: number): Outgoing | null {
  return (
    outgoing.find(({ state }) => state === 'refused') ??
    outgoing.findLast(({ undoUntil }) => undoUntil === null || undoUntil > now) ??
    null
  );
}

export function isUnsent({ state }: Outgoing): boolean {
  return state === 'unsent';
}
