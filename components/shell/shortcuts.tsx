'use client';

import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { keyCaps, keyName } from './key-names.tsx';
import { type Keymap, keysOf } from './keymap.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';

export type Shortcut = {
  label: string;
  run: () => void;
  /** Also while the key is held down; for moving, never for acts. */
  repeats?: true;
  /** Where it stands in the sheet; what has none comes first. */
  group?: string;
} & (
  | {
      /** One key such as `h`, `Enter`, `Shift+1` or `?`, or a sequence such as `g q`. */
      keys: string;
      act?: undefined;
    }
  | {
      /** An act of the keymap, whose keys a person may have changed. */
      act: string;
      keys?: undefined;
    }
);

/** A shortcut with the keys that it has for this person. */
export type BoundShortcut = { keys: string; label: string; run: () => void; repeats: boolean; group: string };

type Registry = {
  add: (group: { current: Shortcut[] }) => () => void;
  /** Says in the document which keys are heard at this moment. */
  announce: () => void;
  openSheet: () => void;
  list: () => BoundShortcut[];
  keymap: Keymap;
};

const ShortcutContext = createContext<Registry | null>(null);

type ShortcutProviderProps = { keymap?: Keymap; children: ReactNode };

const STANDARD: Keymap = {};

/** How long the first key of a sequence waits for the second. */
const SEQUENCE_MS = 1_000;

// A closed list of choices may stay in the page unseen.
function isCovered(): boolean {
  const layers = document.querySelectorAll('[role=dialog], [role=menu], [role=listbox]');
  return [...layers].some((layer) => layer.checkVisibility());
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'))
  );
}

/** Owns the keyboard of the page: finds the shortcut for a key and shows all of them under `?`. */
export function ShortcutProvider({ keymap = STANDARD, children }: ShortcutProviderProps) {
  const groups = useRef(new Set<{ current: Shortcut[] }>());
  const [sheet, setSheet] = useState<BoundShortcut[] | null>(null);
  const bound = useRef(keymap);
  useEffect(() => {
    bound.current = keymap;
  }, [keymap]);

  const registry = useMemo<Registry>(
    () => ({
      add(group) {
        groups.current.add(group);
        return () => groups.current.delete(group);
      },
      announce() {
        document.documentElement.dataset.keys = announced(all(groups.current, keymap));
      },
      openSheet: () => setSheet(all(groups.current, keymap)),
      list: () => all(groups.current, keymap),
      keymap,
    }),
    [keymap],
  );

  useEffect(() => {
    let pending = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      // A focused button keeps Enter and Space; what lies over the page keeps every key.
      if (isCovered() || event.key === 'Shift') return;
      if (
        (event.key === 'Enter' || event.key === ' ') &&
        event.target instanceof HTMLElement &&
        event.target.matches('a, button, summary')
      )
        return;
      const known = all(groups.current, bound.current);
      const name = keyName(event);
      if (event.repeat && !known.some(({ keys, repeats }) => repeats && keys === name)) return;
      clearTimeout(timer);
      const keys = pending ? `${pending} ${name}` : name;
      const hit = known.find((shortcut) => shortcut.keys === keys);
      if (known.some((shortcut) => shortcut.keys.startsWith(`${keys} `))) {
        pending = keys;
        timer = setTimeout(() => {
          pending = '';
          hit?.run();
        }, SEQUENCE_MS);
        event.preventDefault();
        return;
      }
      // A sequence nobody knows is dropped whole: its second key alone could decide something.
      const alone = pending === '';
      pending = '';
      if (name === '?' && alone && !hit) setSheet(known);
      else if (!hit) return;
      event.preventDefault();
      hit?.run();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', onKeyDown);
    };
  }, []);

  return (
    <ShortcutContext value={registry}>
      {children}
      <ShortcutSheet shortcuts={sheet} onClose={() => setSheet(null)} />
    </ShortcutContext>
  );
}

// A key before its part of the page is alive goes nowhere: it could decide what nobody has seen. What drives the page
// by keys, such as a test, waits until its key stands here; a sequence is written `g-q`.
function announced(known: BoundShortcut[]): string {
  return ['?', ...known.map(({ keys }) => keys.replaceAll(' ', '-'))].join(' ');
}

// The newest registration wins, so that a page can override the shell.
function all(groups: Set<{ current: Shortcut[] }>, keymap: Keymap): BoundShortcut[] {
  const byKeys = new Map<string, BoundShortcut>();
  for (const group of [...groups].reverse()) {
    for (const { label, run, repeats = false, group: place = '', keys: fixed, act } of group.current) {
      const keys = act === undefined ? fixed : keysOf(keymap, act);
      if (keys && !byKeys.has(keys)) byKeys.set(keys, { keys, label, run, repeats, group: place });
    }
  }
  return [...byKeys.values()];
}

/** Registers keys while the component is mounted; they appear in the `?` sheet. */
export function useShortcuts(shortcuts: Shortcut[]): void {
  const registry = useContext(ShortcutContext);
  const group = useRef(shortcuts);
  useEffect(() => {
    group.current = shortcuts;
  });
  useEffect(() => registry?.add(group), [registry]);
  const heard = shortcuts.map(({ keys, act }) => keys ?? act).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is heard changes with these keys alone.
  useEffect(() => {
    registry?.announce();
    return () => registry?.announce();
  }, [registry, heard]);
}

/** Opens the sheet of keys, for people who have no `?` key at hand. */
export function useShortcutSheet(): () => void {
  const registry = useContext(ShortcutContext);
  return registry?.openSheet ?? (() => undefined);
}

/** What the keys of this page do, for lists such as Ctrl-K; ask when it opens. */
export function useShortcutList(): () => BoundShortcut[] {
  const registry = useContext(ShortcutContext);
  return registry?.list ?? (() => []);
}

/** The person's own keys. */
function useKeymap(): Keymap {
  return useContext(ShortcutContext)?.keymap ?? STANDARD;
}

/** A key hint such as on buttons: fixed keys, or those an act has for this person. */
export function Keys({ keys, act }: { keys?: string; act?: string }) {
  const keymap = useKeymap();
  const shown = act === undefined ? (keys ?? '') : keysOf(keymap, act);
  return (
    <span aria-hidden="true">
      {keyCaps(shown).map((cap) => (
        <kbd key={cap} className="key">
          {cap}
        </kbd>
      ))}
    </span>
  );
}
