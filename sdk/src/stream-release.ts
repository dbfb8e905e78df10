import { endOf, type Window } from './stream-window.ts';

/** A part of the answer that a rule removes. */
interface Removal {
  start: number;
  end: number;
  ref: string;
  /** The rule's place in the ruleset. */
  order: number;
}

/** What has gone out of an answer, and what of it must not. The marks are those that `redact` makes. */
interface Release {
  /** Everything before this offset has been let through or removed. */
  position(): number;
  /** Characters of the answer that were let through. */
  released(): number;
  remove(removal: Removal): void;
  /** Forgets removals that have not gone out: the text behind `position` is judged anew. */
  forget(): void;
  /** Nothing more of the answer is let through: what `upTo` gives is only to be looked at. */
  replace(): void;
  replaced(): boolean;
  /** All that follows is removed. */
  isEndless(): boolean;
  /** The text up to `safe`, with marks where something is removed. A removal that may still grow waits. */
  upTo(safe: number, window: Window): string;
}

export function createRelease(): Release {
  let position = 0;
  let released = 0;
  let replaced = false;
  let removals: Removal[] = [];
  /** A removal without an end has begun: its mark waits for all the rules it will name. */
  let endless: Removal[] | undefined;

  const mark = (merged: readonly Removal[]) =>
    `[removed by ${[...new Set(merged.map(({ ref }) => ref))].join(', ')}]`;

  return {
    position: () => position,
    released: () => released,
    remove: (removal) => {
      if (endless) endless.push(removal);
      else removals.push(removal);
    },
    forget: () => {
      removals = [];
    },
    replace: () => {
      replaced = true;
    },
    replaced: () => replaced,
    isEndless: () => endless !== undefined,
    upTo: (limit, window) => {
      const { text, base, final } = window;
      let safe = limit;
      // Half a character is no text.
      if (!final && /[\ud800-\udbff]/.test(text.charAt(safe - base - 1))) safe--;
      if (safe < position) return '';
      let out = '';
      const pass = (to: number) => {
        if (to <= position) return;
        out += text.slice(position - base, to - base);
        if (!replaced) released += to - position;
        position = to;
      };
      removals.sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order);
      // What is done is taken away once, not one by one: a piece may hold thousands.
      let done = 0;
      while (!endless && done < removals.length) {
        const first = removals[done] as Removal;
        if (first.start >= safe) break;
        let end = first.end;
        let next = done + 1;
        for (; next < removals.length; next++) {
          const { start, end: further } = removals[next] as Removal;
          if (start >= end) break;
          end = Math.max(end, further);
        }
        pass(first.start);
        if (end === Number.POSITIVE_INFINITY) {
          endless = removals.slice(done);
          done = removals.length;
          break;
        }
        if (end > safe) {
          removals = removals.slice(done);
          return out;
        }
        out += mark(removals.slice(done, next));
        done = next;
        position = Math.max(position, end);
      }
      removals = removals.slice(done);
      if (!endless) {
        pass(safe);
        return out;
      }
      position = Math.max(position, final ? endOf(window) : safe);
      if (final) {
        endless.sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order);
        out += mark(endless);
        endless = undefined;
      }
      return out;
    },
  };
}
