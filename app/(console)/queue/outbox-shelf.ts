import { z } from 'zod';
import type { Outgoing } from './outbox.ts';

/** What must be there to send an act and to show it; what an older release kept otherwise is no act any more. */
const keptSchema = z.looseObject({
  id: z.uuid(),
  kind: z.enum(['decide', 'skip', 'hold', 'handover', 'take-back']),
  body: z.looseObject({ interactionId: z.uuid(), token: z.uuid() }),
  title: z.string(),
  at: z.number(),
  state: z.enum(['waiting', 'done', 'refused', 'taken back']),
  sent: z.boolean(),
});

/** Where what is on its way is kept: it outlives a tab that is reloaded or killed, and all tabs see the same. */
export type Shelf = {
  /** In the order in which it was done. */
  all(): Outgoing[];
  put(one: Outgoing): void;
  drop(id: string): void;
  /** Calls back when another tab changed something. */
  watch(changed: () => void): void;
  /** Runs alone among all tabs; with `now`, not at all while another runs. */
  alone(work: () => Promise<void>, when?: 'now'): Promise<void>;
};

/**
 * One person's shelf in this browser. Each act lies under a key of its own, so that two tabs that write at the same
 * moment lose nothing. Where the browser has no room, it lies in this tab's memory.
 */
export function openShelf(personId: string): Shelf {
  const prefix = `stopgap-outbox:${personId}:`;
  const memory = memoryShelf();
  if (!mayStore()) return memory;
  // Read before every key press is answered: what did not change is not parsed again.
  let known = new Map<string, Outgoing[]>();
  return {
    all() {
      const texts = Object.keys(localStorage)
        .filter((key) => key.startsWith(prefix))
        .map((key) => localStorage.getItem(key) ?? '');
      known = new Map(texts.map((text) => [text, known.get(text) ?? read(text)]));
      return inOrder([...[...known.values()].flat(), ...memory.all()]);
    },
    put(one) {
      try {
        localStorage.setItem(prefix + one.id, JSON.stringify(one));
        memory.drop(one.id);
      } catch {
        localStorage.removeItem(prefix + one.id);
        memory.put(one);
      }
    },
    drop(id) {
      localStorage.removeItem(prefix + id);
      memory.drop(id);
    },
    watch(changed) {
      window.addEventListener('storage', ({ key }) => {
        if (key === null || key.startsWith(prefix)) changed();
      });
    },
    async alone(work, when) {
      // An address that is not secure has no locks between tabs: what two of them send is still done once.
      if (!navigator.locks) return memory.alone(work, when);
      await navigator.locks.request(prefix, { ifAvailable: when === 'now' }, (lock) => lock && work());
    },
  };
}

function mayStore(): boolean {
  try {
    return Boolean(window.localStorage);
  } catch {
    return false;
  }
}

function read(text: string): Outgoing[] {
  try {
    const kept: unknown = JSON.parse(text);
    return keptSchema.safeParse(kept).success ? [kept as Outgoing] : [];
  } catch {
    return [];
  }
}

/** The same in memory, for as many as share `kept`. */
export function memoryShelf(kept: Kept = { acts: new Map(), watchers: [], running: null }): Shelf {
  let changed: (() => void) | undefined;
  const tell = () => {
    for (const watcher of kept.watchers) if (watcher !== changed) watcher();
  };
  return {
    all: () => inOrder([...kept.acts.values()]),
    put(one) {
      kept.acts.set(one.id, one);
      tell();
    },
    drop(id) {
      if (kept.acts.delete(id)) tell();
    },
    watch(callBack) {
      changed = callBack;
      kept.watchers.push(callBack);
    },
    async alone(work, when) {
      while (kept.running) {
        if (when === 'now') return;
        await kept.running;
      }
      kept.running = Promise.resolve()
        .then(work)
        .finally(() => {
          kept.running = null;
        });
      await kept.running;
    },
  };
}

type Kept = { acts: Map<string, Outgoing>; watchers: (() => void)[]; running: Promise<void> | null };

// Ids begin with their time.
function inOrder(acts: Outgoing[]): Outgoing[] {
  return acts.sort((a, b) => (a.id < b.id ? -1 : 1));
}
